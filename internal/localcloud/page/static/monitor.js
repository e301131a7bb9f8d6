// What CloudWatch has of a platform: its requests by the minute, and its alarms.
import { byId, classify, clock, each, h, say } from './dom.js'
import { chart, drawChart } from './traffic.js'

const WORDS = { ALARM: ['bad', '✗ alarm'], OK: ['good', '✓ ok'], INSUFFICIENT_DATA: ['', '… no data'] }

/** Draws the requests of the last hour, and the alarms. */
export function drawMonitor(platform) {
  const box = byId('hour')
  if (!box.firstElementChild) box.append(chart())
  const total = (m) => m.ok + m.c4 + m.c5
  const most = Math.max(...platform.minutes.map(total))
  const last = platform.minutes.at(-1)
  const said = `Requests by the minute over the last hour; ${total(last)} in the last one, of them ${last.c5} with 5xx`
  drawChart(box.firstElementChild, platform.minutes, most, said)
  say(byId('hour-most'), most ? `${most} a minute at most, ${total(last)} in the last one` : 'None; the first come when their minute is over.')
  byId('silent').hidden = platform.alarms.length > 0
  each(byId('alarms'), platform.alarms, (a) => a.name, () => h('li', {}, h('b'), h('span'), h('time')), (row, a) => {
    const [mood, word] = WORDS[a.state] ?? ['', a.state]
    const [state, name, since] = row.children
    classify(state, `tell ${mood}`)
    say(state, word)
    say(name, a.name)
    row.title = a.reason
    say(since, `since ${clock(a.since)}`)
  })
}
