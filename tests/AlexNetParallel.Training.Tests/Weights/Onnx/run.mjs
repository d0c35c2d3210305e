// run.mjs MODEL INPUT OUTPUT N C H W: runs a model in ONNX Runtime. INPUT and OUTPUT are raw little-endian float32.
import fs from "node:fs";
import ort from "onnxruntime-node";

const [model, input, output, ...shape] = process.argv.slice(2);
const bytes = fs.readFileSync(input);
const floats = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
const session = await ort.InferenceSession.create(model, { graphOptimizationLevel: "disabled" });
const result = await session.run({ images: new ort.Tensor("float32", floats, shape.map(Number)) });
const values = result.probabilities.data;
fs.writeFileSync(output, Buffer.from(values.buffer, values.byteOffset, values.byteLength));
