/** Builds the page into a folder (default: `dist` beside this file) and returns the path of the one file that it is. */
export function buildPage(folder?: string): Promise<string>;
