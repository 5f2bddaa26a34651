/** @file What of a graph can be chosen: boxes have a ring, filled where what they make is chosen. */
import type { ModelItem } from '../../main/rpc/contract';

export interface Port {
  /** What the box makes: `hook resid_post:3`. */
  title: string;
  chosen: 'all' | 'some' | 'none';
  /** Another figure is on it. */
  lit: boolean;
}

export interface Ports {
  /** What the key H does: `chooses a hook`. */
  verb: string;
  /** Null where the box makes nothing that can be chosen. */
  of: (item: ModelItem) => Port | null;
  toggle: (item: ModelItem) => void;
  /** The pointer is on a box, or on none. */
  onpoint?: (item: ModelItem | null) => void;
}
