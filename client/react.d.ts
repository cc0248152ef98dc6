import type { List, ListOptions, Upload } from './list.js'

export type { Upload }

/** May differ on each render: `jwt` is used at once, the others for files that begin later. */
export type HookOptions = Omit<ListOptions, 'signal'>

/** The functions are the same on each render. */
export interface Postern extends Pick<List, 'add' | 'restore' | 'pause' | 'resume' | 'cancel' | 'retry' | 'remove'> {
  /** The files in the order in which they were added. */
  uploads: readonly Upload[]
}

/**
 * Keeps a list of uploads for the component. When the component is unmounted, what waits or is being sent is given up, and
 * `restore()` does not show it again, unlike after a reload.
 */
export function usePostern(options: HookOptions): Postern
