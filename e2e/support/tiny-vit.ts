/** @file A random ViT as a folder, and pictures with clear regions, for specs of the lab of images. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { encodeSafetensors, stream, type StoredArray } from '../../native-models';

export interface TinyVit {
  size?: number;
  patch?: number;
  layers?: number;
  width?: number;
  heads?: number;
}

/** Writes the model below `folder`; answers its own folder. 64 × 64 pixels, 8 × 8 patches unless told otherwise. */
export function writeTinyVit(
  folder: string,
  { size = 64, patch = 8, layers = 4, width = 32, heads = 4 }: TinyVit = {},
): string {
  const path = join(folder, 'tiny-vit');
  mkdirSync(path, { recursive: true });
  const hidden = 2 * width;
  const patches = Math.floor(size / patch) ** 2;
  const arrays: Record<string, StoredArray> = {};
  const add = (name: string, shape: number[], scale: number, offset = 0): void => {
    const count = shape.reduce((product, one) => product * one, 1);
    const data = stream(7, name).normal(new Float32Array(count));
    arrays[`vit.${name}`] = { shape, data: data.map((value) => offset + scale * value) };
  };
  const linear = (name: string, outputs: number, inputs: number): void => {
    add(`${name}.weight`, [outputs, inputs], inputs ** -0.5);
    add(`${name}.bias`, [outputs], 0.02);
  };
  const norm = (name: string): void => {
    add(`${name}.weight`, [width], 0.02, 1);
    add(`${name}.bias`, [width], 0.02);
  };
  add('embeddings.cls_token', [1, 1, width], 0.5);
  add('embeddings.position_embeddings', [1, patches + 1, width], 0.1);
  const projection = 'embeddings.patch_embeddings.projection';
  add(`${projection}.weight`, [width, 3, patch, patch], 3 / (patch * patch));
  add(`${projection}.bias`, [width], 0.02);
  for (let layer = 0; layer < layers; layer += 1) {
    const at = `encoder.layer.${layer}`;
    norm(`${at}.layernorm_before`);
    norm(`${at}.layernorm_after`);
    for (const role of ['query', 'key', 'value']) linear(`${at}.attention.attention.${role}`, width, width);
    linear(`${at}.attention.output.dense`, width, width);
    linear(`${at}.intermediate.dense`, hidden, width);
    linear(`${at}.output.dense`, width, hidden);
  }
  norm('layernorm');
  const config = {
    model_type: 'vit',
    ...{
      hidden_size: width,
      num_hidden_layers: layers,
      num_attention_heads: heads,
      intermediate_size: hidden,
    },
    ...{ image_size: size, patch_size: patch, num_channels: 3 },
  };
  const processor = {
    image_processor_type: 'ViTImageProcessor',
    size: { height: size, width: size },
    resample: 2,
  };
  writeFileSync(join(path, 'config.json'), JSON.stringify(config));
  writeFileSync(join(path, 'preprocessor_config.json'), JSON.stringify(processor));
  writeFileSync(join(path, 'model.safetensors'), encodeSafetensors(arrays));
  return path;
}

/** A PNG file: sky, grass, a red disc and a yellow square; `turned` mirrors it. */
export function writePicture(
  path: string,
  [width, height]: [number, number] = [240, 160],
  turned = false,
): string {
  const data = new Uint8Array(width * height * 3);
  const grain = stream(3, 'grain').uniform(new Float32Array(width * height));
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) {
      const [across, down] = [turned ? 1 - x / width : x / width, y / height];
      const disc = Math.hypot((across - 0.3) * (width / height), down - 0.35) < 0.2;
      const square = across > 0.62 && across < 0.88 && down > 0.4 && down < 0.85;
      const colour = disc
        ? [214, 48, 42]
        : square
          ? [240, 200, 40]
          : down < 0.6
            ? [96, 160, 230]
            : [54, 128, 60];
      const shade = 0.92 + 0.16 * grain[y * width + x]!;
      data.set(
        colour.map((value) => Math.min(255, value * shade)),
        (y * width + x) * 3,
      );
    }
  writeFileSync(path, encode({ width, height, data, channels: 3, depth: 8 }));
  return path;
}
