/** In the browser: puts news of the page in place of what is there, without losing focus, selection, scrolling or opened details. */
import { Idiomorph } from '/assets/idiomorph.js';

const main = document.querySelector('main[data-live]');
const connection = document.querySelector('#connection');
const news = new EventSource(main.dataset.live);

news.addEventListener('message', ({ data }) => {
  connection.textContent = '';
  Idiomorph.morph(main, data, {
    morphStyle: 'innerHTML',
    callbacks: { beforeAttributeUpdated: (name, node) => !(name === 'open' && node.tagName === 'DETAILS') },
  });
});
news.addEventListener('error', () => {
  connection.textContent = 'No connection to counterflow ui; trying again.';
});
