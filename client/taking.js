// Takes the files that a visitor chooses, drops or pastes on the page of an upload token.

import { chosenFiles, droppedFiles } from './files.js'

// `add` gets the files. `area` shows that files are dragged over the page.
export function takeFiles(area, add) {
  takeChoices(add)
  takeDrops(area, add)
  addEventListener('paste', (event) => add(chosenFiles(event.clipboardData.files)))
}

function takeChoices(add) {
  const [choose, input, folder, folderInput] = ['choose', 'file-input', 'folder', 'folder-input'].map((id) => document.getElementById(id))
  const connect = (button, input) => {
    button.disabled = false
    button.addEventListener('click', () => input.click())
    input.addEventListener('change', () => {
      add(chosenFiles(input.files))
      input.value = '' // so that the same file can be chosen again
    })
  }
  connect(choose, input)
  if (folder && 'webkitdirectory' in folderInput) connect(folder, folderInput)
  else if (folder) folder.hidden = true
}

// A file that misses the area must not replace the page.
function takeDrops(area, add) {
  let depth = 0
  addEventListener('dragenter', () => area.classList.toggle('over', ++depth > 0))
  addEventListener('dragleave', () => area.classList.toggle('over', --depth > 0))
  addEventListener('dragover', (event) => event.preventDefault())
  addEventListener('drop', async (event) => {
    event.preventDefault()
    depth = 0
    area.classList.remove('over')
    add(await droppedFiles(event.dataTransfer.items))
  })
}
