// What an upload reports. Speed and time left come from the last seconds, so that they do not jump.

const REPORT_MS = 100
const SPEED_WINDOW_MS = 5_000

export class Progress {
  #held = {}
  #bytes = 0
  #ms = 0
  #loaded = 0
  #most = 0
  #at // when bytes were last counted; not during a pause
  #shownAt

  constructor(total, report) {
    this.total = total
    this.report = report
  }

  // preparing, sending, checking
  enter(stage) {
    this.stage = stage
    this.#at = performance.now()
    this.#show()
  }

  // paused, offline
  hold(phase, isHeld) {
    this.#held[phase] = isHeld
    this.#at = undefined
    this.#show()
  }

  // Begins at `bytes`, which were not sent now.
  begin(bytes) {
    this.#loaded = bytes
    this.#most = Math.max(this.#most, bytes)
  }

  sent(bytes) {
    const loaded = Math.min(bytes, this.total)
    const now = performance.now()
    if (this.#at !== undefined) {
      const passed = now - this.#at
      const weight = Math.exp(-passed / SPEED_WINDOW_MS)
      this.#ms = this.#ms * weight + passed
      this.#bytes = this.#bytes * weight + Math.max(0, loaded - this.#loaded)
    }
    this.#at = now
    this.#loaded = loaded
    this.#most = Math.max(this.#most, loaded)
    if (now - this.#shownAt >= REPORT_MS) this.#show()
  }

  #show() {
    const { paused, offline } = this.#held
    const phase = paused ? 'paused' : offline ? 'offline' : this.stage
    const isKnown = phase === 'sending' && this.#ms > 1000 && this.#bytes
    const bytesPerSecond = isKnown ? (this.#bytes / this.#ms) * 1000 : undefined
    const secondsLeft = bytesPerSecond && (this.total - this.#loaded) / bytesPerSecond
    this.#shownAt = performance.now()
    this.report({ phase, loaded: this.#most, total: this.total, bytesPerSecond, secondsLeft })
  }
}
