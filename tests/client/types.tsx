// What an app writes in TSX, with the declaration of docs/browser.md. `tsc --strict` checks it, and never runs it.

import type { PosternDrop, Uploaded } from 'postern/drop'
import { createRef, type ReactElement } from 'react'

export function Field({ jwt }: { jwt: () => Promise<string> }): ReactElement {
  const drop = createRef<PosternDrop>()
  return (
    <form onReset={() => drop.current?.add([])}>
      <label htmlFor="photos">Photos</label>
      <postern-drop
        ref={drop} id="photos" className="wide" lang="de" name="photo" endpoint="https://api.example.com" accept="image/*"
        maxSize={20_000_000} multiple required disabled={false} jwt={jwt} metadata={{ album: '7' }} texts={{ choose: 'Choose' }}
        onpostern-uploaded={(event: CustomEvent<Uploaded>) => event.detail.uploadId}
      />
    </form>
  )
}

export const wrong = [
  // @ts-expect-error: a size is a number
  <postern-drop key="size" maxSize="20 MB" />,
  // @ts-expect-error: the property has another name
  <postern-drop key="name" maxsize={5} />,
  // @ts-expect-error: a script cannot set the uploads
  <postern-drop key="uploads" uploads={[]} />,
]
