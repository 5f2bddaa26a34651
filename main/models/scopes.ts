/** @file Which block a node belongs to, read from its name: `layer1/attention/MatMul` lies in layer1, attention. */
import type { NodeProto } from '../../native-models';

/** Nesting deeper than this is cut: no picture needs it, and a hostile name must not build a thousand blocks. */
const DEEPEST = 12;
/** Where exporters of PyTorch keep the module path when node names do not carry it: a list of dotted paths. */
const SCOPES_KEY = 'pkg.torch.onnx.name_scopes';

/**
 * The blocks around a node, outermost first. Names are paths with slashes; where a name has none, the module path that
 * newer exporters keep beside it is used. The part `gradient` comes first, so that the backward pass is one block of
 * its own: left inside, every layer would read from the layers before and after it, and the picture would be a knot.
 */
export function scopeOf(node: NodeProto): string[] {
  const parts = (node.name ?? '').split('/').filter((part) => part !== '');
  const scope = parts.length > 1 ? parts.slice(0, -1) : moduleScope(node);
  const short = scope.slice(0, DEEPEST);
  return short.includes('gradient') ? ['gradient', ...short.filter((part) => part !== 'gradient')] : short;
}

/** `['', 'blocks.0', 'blocks.0.attn', 'linear_1']` is a list of module paths; the last entry is the node itself. */
function moduleScope(node: NodeProto): string[] {
  const text = node.metadataProps?.find(({ key }) => key === SCOPES_KEY)?.value;
  if (!text) return [];
  const paths = [...text.matchAll(/'([^']*)'|"([^"]*)"/g)].map((match) => match[1] ?? match[2] ?? '');
  const parts: string[] = [];
  let above = '';
  for (const path of paths.slice(0, -1)) {
    if (path === '' || path === above) continue;
    parts.push(path.startsWith(`${above}.`) ? path.slice(above.length + 1) : path);
    above = path;
  }
  return parts;
}
