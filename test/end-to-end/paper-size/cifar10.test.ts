/** The largest by itself: `test/support/paper-size.ts`. */
import { beginsAtPaperSize } from '../../support/paper-size.ts';

beginsAtPaperSize({ trained: ['cifar10'] });
