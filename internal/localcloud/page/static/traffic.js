// Requests a second, from counters that only grow.
import { classify, h, say, svg } from './dom.js'

const KEPT = 60 // samples: a minute of them

/** Adds up counters of the same kind. */
export function sum(counts) {
  const total = { requests: 0, ok: 0, c4: 0, c5: 0 }
  for (const c of counts) {
    total.requests += c.requests
    total.ok += c['2xx'] + c['3xx']
    total.c4 += c['4xx']
    total.c5 += c['5xx']
  }
  return total
}

/** Remembers the counters of things by name and knows their rates. */
export class Traffic {
  #things = new Map()

  /**
   * Takes in a thing's counters at a time (ms), and returns its rates a second and its
   * samples. Counters that shrank began anew: the thing was registered again, or the
   * local cloud was started again.
   */
  take(name, counts, now) {
    const before = this.#things.get(name)
    const thing = { counts, now, seen: now, samples: before ? before.samples : [], rate: { requests: 0, ok: 0, c4: 0, c5: 0 } }
    if (before && now > before.now) {
      for (const k of Object.keys(thing.rate)) thing.rate[k] = Math.max(0, counts[k] - before.counts[k]) / ((now - before.now) / 1000)
      thing.samples = [...thing.samples, thing.rate].slice(-KEPT)
    }
    this.#things.set(name, thing)
    return thing
  }

  /** Takes in moments of before, the oldest first, of which each has the counters of nodes and instances by name. */
  play(moments, platform, now) {
    for (const m of moments) {
      const then = Date.parse(m.now)
      if (now - then < 500) break
      for (const [name, c] of Object.entries(m.counters)) this.take(name, sum([c]), then)
      for (const b of platform.load_balancers) {
        const nodes = platform.zones.flatMap((z) => z.subnets.map((s) => m.counters[`${b.name} ${s.id}`])).filter(Boolean)
        this.take(`balancer ${b.name}`, sum(nodes), then)
      }
    }
  }

  /** Forgets what wasn't taken in at that time. */
  forgetBefore(now) {
    for (const [name, thing] of this.#things) if (thing.seen < now) this.#things.delete(name)
  }
}

/** The highest rate of things that take() returned, so that their charts compare. */
export const highest = (things) => Math.max(0, ...things.flatMap((thing) => thing.samples.map((s) => s.ok + s.c4 + s.c5)))

/** A rate as people read it. */
export function perSecond(rate) {
  if (rate >= 10000) return (rate / 1000).toFixed(1) + 'k'
  return rate >= 10 || rate === 0 ? rate.toFixed(0) : rate.toFixed(1)
}

/** An empty chart of a minute. */
export const chart = () =>
  svg('svg', { class: 'chart', viewBox: `0 0 ${KEPT} 20`, preserveAspectRatio: 'none', role: 'img' }, svg('path', { class: 'ok' }), svg('path', { class: 'c4' }), svg('path', { class: 'c5' }))

/** Draws samples into a chart, errors on top, with the latest at the right; said is what it says to those who don't see it. */
export function drawChart(node, samples, most, said) {
  const scale = 19 / Math.max(most, 1)
  const bars = { ok: '', c4: '', c5: '' }
  samples.forEach((sample, i) => {
    let top = 20
    for (const k of ['ok', 'c4', 'c5']) {
      const tall = sample[k] && Math.max(sample[k] * scale, 0.7)
      if (tall) bars[k] += `M${KEPT - samples.length + i} ${top.toFixed(2)}v${(-tall).toFixed(2)}h.85v${tall.toFixed(2)}z`
      top -= tall
    }
  })
  for (const path of node.children) path.setAttribute('d', bars[path.getAttribute('class')])
  const last = samples.at(-1)
  node.setAttribute('aria-label', said ?? `Requests over the last minute; now ${perSecond(last ? last.requests : 0)} a second`)
}

const CLASSES = [['ok', '2xx'], ['c4', '4xx'], ['c5', '5xx']]

/** What shows a thing's rates by class, without a chart. */
export function counts() {
  return h('dl', { class: 'counts' }, ...[...CLASSES, ['', 'in flight']].map(([k, name]) => h('div', { class: k }, h('dt', {}, name), h('dd', {}, '0'))))
}

/** Fills what counts() made. Redirects (3xx) go with 2xx: they are no errors. */
export function drawCounts(node, rate, inFlight) {
  CLASSES.forEach(([k], i) => {
    const box = node.children[i]
    classify(box, rate[k] > 0 ? k + ' hot' : k)
    say(box.lastElementChild, perSecond(rate[k]))
  })
  say(node.children[CLASSES.length].lastElementChild, String(inFlight))
}
