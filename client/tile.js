// The tile of a file in a list: a small picture of an image, and the extension of any other file. The picture is drawn
// on a canvas, which needs no address and keeps no large image.

const EDGE = 80 // pixels: 2.5 rem with two pixels each
const LARGEST_BYTES = 50 * 2 ** 20

let last = Promise.resolve() // one image after another, so that a folder of photos is not decoded at once

export function show(tile, file) {
  const extension = /\.([^.]{1,4})$/.exec(file.name)?.[1] ?? ''
  tile.textContent = extension.toUpperCase()
  if (!file.type.startsWith('image/') || file.size > LARGEST_BYTES) return
  last = last.then(() => draw(tile, file)).catch(() => {}) // a type that the browser does not know, or no image
}

async function draw(tile, file) {
  const image = await createImageBitmap(file, { resizeHeight: 2 * EDGE, resizeQuality: 'medium' })
  const canvas = Object.assign(document.createElement('canvas'), { width: EDGE, height: EDGE })
  const scale = EDGE / Math.min(image.width, image.height)
  const [width, height] = [image.width * scale, image.height * scale]
  canvas.getContext('2d').drawImage(image, (EDGE - width) / 2, (EDGE - height) / 2, width, height)
  image.close()
  tile.replaceChildren(canvas)
}
