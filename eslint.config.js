/** Lint rules. The layers between the rooms (imports point down only) are held here, as restricted imports
 *  for each room. */
import js from '@eslint/js';
import stylistic from '@stylistic/eslint-plugin';
import tseslint from 'typescript-eslint';

const room = (names, message, except = '') => ({ regex: `^(\\.\\./)+(${names})/${except}`, message });
const forbidden = {
  infra: room('infra', 'Nothing imports infra: what it implements is handed in through activities/ports/.'),
  above: room('activities|workflows', 'Models know nothing above them.'),
  workflows: room('workflows', 'Activities do not know who calls them.'),
  activities: {
    ...room(
      'activities',
      'Workflows name activities by type; only the names of failures are values.',
      '(?!contracts/failures\\.ts)',
    ),
    allowTypeImports: true,
  },
  models: { ...room('models', 'Workflows know models by type only.'), allowTypeImports: true },
  experiments: {
    regex: '/experiments/',
    message: 'Workflow code never imports an experiment: editing one must not break a running workflow.',
  },
  flow: room('flow', 'ebm and flow do not know each other: models/fce brings them together.'),
  ebm: room('ebm', 'flow and ebm do not know each other: models/fce brings them together.'),
  methods: room('fce|vae|gan|classifier|flow|ebm', 'models/training is the framework: methods stand on it.'),
  aboveCore: room(
    'training|fce|vae|gan|classifier|flow|ebm|graph|metrics|optim',
    'models/core is what all other rooms of models stand on.',
  ),
  aboveFormats: room(
    'datasets|record|report|step|sweep|health|initial-flow',
    'A format is read and written without regard to what it is for.',
  ),
  cli: room('cli', 'The page and the command line both stand on infra/client.'),
  faces: room('cli|ui', 'The library knows neither the command line nor the page.'),
  aboveWorker: room('cli|ui|client', 'What a worker runs does not know who asks for it.'),
  aboveBase: room(
    'cli|ui|client|worker|compute|store|temporal|setup|gc|verify|lineage|doctor|download',
    'infra/base is what all other rooms of infra stand on.',
  ),
  node: {
    regex:
      '^(node:|(assert|child_process|crypto|fs|http|https|module|net|os|path|perf_hooks|process|url|util|v8|worker_threads)(/|$))',
    message: 'No node builtins in this room.',
  },
  native: {
    regex: '^(@tensorflow/|onnxruntime)',
    message: 'Only a compute process loads TensorFlow or onnxruntime.',
  },
  tensorflow: { regex: '^@tensorflow/', message: 'Take tfjs from models/core/tensors.ts.' },
  temporal: { regex: '^@temporalio/', message: 'Models know nothing of Temporal.' },
  outsideBundle: {
    regex: '^(zod|sharp|protobufjs)',
    message: 'Not in the workflow bundle.',
    allowTypeImports: true,
  },
  protobuf: { regex: '^protobufjs', message: 'Graphs are written in models/graph alone.' },
};

/** A room's own rule replaces that of the room around it, so each names all of its patterns. */
const layer = (files, ...names) => ({
  files,
  rules: {
    '@typescript-eslint/no-restricted-imports': ['error', { patterns: names.map((name) => forbidden[name]) }],
  },
});
const models = ['infra', 'above', 'node', 'temporal'];
const workflows = ['infra', 'activities', 'models', 'node', 'native', 'outsideBundle'];

const pureModels = {
  files: ['models/**/*.ts'],
  rules: {
    'no-restricted-globals': [
      'error',
      ...['process', 'performance', 'Date', 'setTimeout', 'Buffer', 'console'].map((name) => ({
        name,
        message: 'Models have no clock, no environment, no disk.',
      })),
    ],
    'no-restricted-properties': [
      'error',
      { object: 'Math', property: 'random', message: 'Randomness is keyed: see models/core/random.ts.' },
    ],
  },
};

const style = {
  plugins: { '@stylistic': stylistic },
  rules: {
    '@stylistic/semi': 'error',
    '@stylistic/quotes': ['error', 'single', { avoidEscape: true, allowTemplateLiterals: 'always' }],
    '@stylistic/comma-dangle': ['error', 'always-multiline'],
    '@stylistic/eol-last': 'error',
    '@stylistic/no-trailing-spaces': 'error',
    '@stylistic/no-tabs': 'error',
    '@stylistic/no-multiple-empty-lines': ['error', { max: 1 }],
    '@stylistic/max-len': [
      'error',
      {
        code: 110,
        ignoreTemplateLiterals: true,
        ignoreStrings: true,
        ignoreRegExpLiterals: true,
        // types in comments of plain JavaScript cannot be broken
        ignorePattern: '@(param|type|typedef|returns)',
      },
    ],
  },
};

const typed = {
  files: ['**/*.ts'],
  languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
  rules: {
    '@typescript-eslint/no-floating-promises': [
      'error',
      {
        allowForKnownSafeCalls: [
          { from: 'package', name: ['test', 'it', 'describe', 'suite'], package: 'node:test' },
        ],
      },
    ],
    '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
    '@typescript-eslint/await-thenable': 'error',
    '@typescript-eslint/consistent-type-imports': 'error',
    '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
  },
};

export default tseslint.config(
  { ignores: ['node_modules/', 'runs/', 'types/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  {
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'prefer-const': 'error',
      // each has a word of the field, in docs/glossary.md
      'id-denylist': [
        'error',
        'ground',
        'sight',
        'deed',
        'deeds',
        'book',
        'pulse',
        'greet',
        'heed',
        'keyed',
        'kin',
        'retold',
      ],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-expressions': ['error', { allowShortCircuit: true, allowTernary: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },
  // Plain JavaScript is typed by its comments: tsc knows its globals.
  { files: ['**/*.mjs', '**/*.js'], rules: { 'no-undef': 'off' } },
  style,
  typed,
  layer(['workflows/**/*.ts'], ...workflows, 'experiments'),
  layer(['workflows/experiments/**/*.ts'], ...workflows),
  layer(['activities/**/*.ts'], 'infra', 'workflows', 'native'),
  layer(['models/**/*.ts'], ...models, 'tensorflow', 'protobuf'),
  layer(['models/graph/**/*.ts'], ...models, 'tensorflow'),
  layer(['models/flow/**/*.ts'], ...models, 'tensorflow', 'protobuf', 'ebm'),
  layer(['models/ebm/**/*.ts'], ...models, 'tensorflow', 'protobuf', 'flow'),
  layer(['models/training/**/*.ts'], ...models, 'tensorflow', 'protobuf', 'methods'),
  layer(['models/core/**/*.ts'], ...models, 'tensorflow', 'protobuf', 'aboveCore'),
  layer(['models/core/tensors.ts'], ...models, 'protobuf', 'aboveCore'),
  layer(['activities/formats/**/*.ts'], 'infra', 'workflows', 'native', 'aboveFormats'),
  layer(['infra/ui/**/*.ts'], 'cli'),
  layer(['infra/client/**/*.ts'], 'faces'),
  layer(['infra/{worker,compute,store,temporal,gc,verify,lineage,download}/**/*.ts'], 'aboveWorker'),
  layer(['infra/base/**/*.ts'], 'aboveBase'),
  pureModels,
  // The recorder stands guard over Math.random.
  { files: ['models/graph/record.ts'], rules: { 'no-restricted-properties': 'off' } },
  { files: ['test/**'], rules: { '@stylistic/max-len': 'off' } },
);
