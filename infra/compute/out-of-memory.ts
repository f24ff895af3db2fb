/** How the libraries of a compute process say that they got no memory. */

/** C++; V8's heap, its typed arrays and its strings; TensorFlow; onnxruntime; CUDA; the C library. */
const sayings = [
  /std::bad_alloc/,
  /JavaScript heap out of memory/,
  /Array buffer allocation failed/,
  /Invalid typed array length: \d{9,}/,
  /RESOURCE_EXHAUSTED|ResourceExhausted/,
  /OOM when allocating/,
  /Failed to allocate memory for requested buffer/,
  /CUDA_ERROR_OUT_OF_MEMORY/,
  /Cannot allocate memory|\bENOMEM\b/,
];

export const saysOutOfMemory = (text: string): boolean => sayings.some((saying) => saying.test(text));
