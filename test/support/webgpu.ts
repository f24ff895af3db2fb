/** Whether onnxruntime's WebGPU provider works here: it needs a Vulkan loader and a driver, for which
 *  SwiftShader, in software, will do (VK_DRIVER_FILES names its vk_swiftshader_icd.json, which comes with
 *  Chromium). */
import { InferenceSession } from 'onnxruntime-node';
import { onnxBytes } from './onnx-file.ts';

export async function webgpuWorks(): Promise<boolean> {
  const file = onnxBytes({
    inputs: { x: [1] },
    outputs: { y: [1] },
    nodes: [{ op: 'Exp', inputs: ['x'], outputs: ['y'] }],
  });
  try {
    const session = await InferenceSession.create(file, {
      executionProviders: ['webgpu'],
      logSeverityLevel: 4,
    });
    await session.release();
    return true;
  } catch {
    return false;
  }
}
