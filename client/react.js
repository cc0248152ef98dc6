// Uploads in a React component. docs/browser.md shows how, and react.d.ts has the types.

import { useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { createList } from './list.js'

export function usePostern(options) {
  const mount = useRef(null)
  mount.current ??= new AbortController()
  const [list] = useState(() => createList({ ...options, signal: mount.current.signal }))
  // StrictMode unmounts and mounts a new component once more: each mount has a signal of its own.
  useEffect(() => {
    if (mount.current.signal.aborted) mount.current = new AbortController()
    return () => mount.current.abort()
  }, [])
  useEffect(() => {
    list.options = { ...options, signal: mount.current.signal }
  })
  const uploads = useSyncExternalStore(list.subscribe, list.snapshot, list.snapshot)
  const { add, restore, pause, resume, cancel, retry, remove } = list
  return { uploads, add, restore, pause, resume, cancel, retry, remove }
}
