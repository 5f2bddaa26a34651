/** @file The public face of native-models: everything other folders may import. */
export { philox4x32 } from './random/philox';
export { fillUniformRow, stream, uniformAt, type RandomStream } from './random/stream';
