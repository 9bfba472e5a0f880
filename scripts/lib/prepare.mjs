import { ensureBuilt } from './compile.mjs';
import { findNode } from './find-node.mjs';
import { ensureInstalled } from './install.mjs';
import { root } from './project.mjs';

/**
 * Brings the checkout to where it can run: dependencies as locked, sources compiled. Does nothing that is done already.
 * Returns the path of the Node binary to run the project with. Throws SetupError with advice.
 */
export function prepare() {
  ensureInstalled(root);
  const node = findNode(root);
  ensureBuilt(root, node);
  return node;
}
