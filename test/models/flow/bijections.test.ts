import '../../support/tensorflow.ts';
import { bijectionCases } from '../../support/bijection-cases.ts';
import { bijectionLaws } from '../../support/laws.ts';

for (const one of bijectionCases) bijectionLaws(one);
