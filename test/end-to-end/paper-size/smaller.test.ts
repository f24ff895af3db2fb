/** Three of the four: `test/support/paper-size.ts`. */
import { beginsAtPaperSize } from '../../support/paper-size.ts';

beginsAtPaperSize({ whole: ['mnist', 'svhn', 'celeba'] });
