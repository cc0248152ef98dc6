// Uploads in a React component. docs/browser.md shows how, and react.d.ts has the types.

import { useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { createList } from './list.js'

export function usePostern(options) {
  const [list] = useState(() => createList(options))
  const mount = useRef(null)
  // StrictMode unmounts and mounts a new component once more: each mount has a signal of its own.
  useEffect(() => {
    mount.current = new AbortController()
    return () => mount.current.abort()
  }, [])
  useEffect(() => {
    list.options = { ...options, signal: mount.current.signal }
  })
  const uploads = useSyncExternalStore(list.subscribe, list.snapshot, list.snapshot)
  const { add, pause, resume, cancel, retry, remove } = list
  return { uploads, add, pause, resume, cancel, retry, remove }
}
