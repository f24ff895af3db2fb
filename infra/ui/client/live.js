/** In the browser: puts news of the page in place of what is there, without losing focus, selection,
 *  scrolling or opened details. */
import { Idiomorph } from '/assets/idiomorph.js';

const main = document.querySelector('main[data-live]');
const connection = document.querySelector('#connection');
let news = null;

function listen() {
  news = new EventSource(main.dataset.live);
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
}

// a browser has few connections to one host: pages that nobody sees give theirs up
document.addEventListener('visibilitychange', () => {
  news.close();
  if (!document.hidden) listen();
});
listen();
