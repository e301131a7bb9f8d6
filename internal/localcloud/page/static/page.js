// The page: asks for the picture once a second while someone looks, and hands it around.
import { byId, clock, h, say } from './dom.js'
import { tell } from './happened.js'
import { drawMonitor } from './monitor.js'
import { draw } from './picture.js'
import { Traffic } from './traffic.js'
import { drawWays } from './ways.js'

const EVERY = 1000 // ms between two pictures
const PATIENCE = 4000 // ms for an answer
const KEPT_CALLS = 300 // rows

let traffic = new Traffic()
let next = -1 // number of the next API call
let last = null // the latest picture
let told = -1 // number of the next event to be told; -1 where none was
let known = '' // of which platform, as of which start
let shown = '' // ID of the instance whose console is open
let timer = 0
let turn = 0 // of the latest look: an earlier one that still waits has no say

const chosen = () => decodeURIComponent(location.hash.slice(1))

async function look() {
  clearTimeout(timer)
  const mine = ++turn
  if (document.hidden) return
  try {
    const query = new URLSearchParams({ platform: chosen() })
    if (next >= 0) query.set('calls', next)
    if (told >= 0) query.set('events', told)
    const response = await fetch(`/_local/picture?${query}`, { signal: AbortSignal.timeout(PATIENCE) })
    if (!response.ok) throw new Error(`it answered ${response.status}`)
    const picture = await response.json()
    if (mine !== turn) return
    show(picture)
    await showConsole()
  } catch (e) {
    if (mine === turn) lost(e)
  }
  if (mine === turn) timer = setTimeout(look, EVERY)
}

function show(picture) {
  if (last && last.version !== picture.version) return location.reload() // another version serves another page
  const anew = last && last.started !== picture.started
  if (anew) next = told = -1
  byId('gone').hidden = true
  document.documentElement.classList.remove('lost')
  say(byId('link'), `● live · ${picture.endpoint} · latency ${picture.latency}`)
  choices(picture)
  const platform = picture.platform
  byId('nothing').hidden = platform !== null
  byId('main').hidden = platform === null
  document.title = platform ? `${platform.name} – platformctl local cloud` : 'platformctl local cloud'
  if (platform) {
    const now = Date.parse(picture.now)
    if (known !== platform.vpc || anew) {
      const late = told >= 0 // what comes is not all of this platform's
      known = platform.vpc
      traffic = new Traffic()
      byId('happened').replaceChildren()
      told = -1
      if (late) return look()
    }
    if (told < 0) traffic.play(picture.before, platform, now)
    draw(platform, traffic, now, openConsole)
    drawWays(platform)
    drawMonitor(platform)
    tell(byId('happened'), picture.happened)
    byId('quiet').hidden = byId('happened').children.length > 0
    told = picture.next_event
  }
  if (!anew) calls(picture)
  last = picture
}

function lost(e) {
  document.documentElement.classList.add('lost')
  say(byId('link'), '○ not connected')
  const gone = byId('gone')
  if (gone.hidden) {
    say(gone, `The local cloud at ${location.host} doesn't answer (${e.message}). It may have been stopped, as platformctl down does with an empty one. This page looks for it again and goes on by itself.`)
    gone.hidden = false
  }
}

function choices(picture) {
  const choose = byId('choose')
  const names = picture.platforms
  if (!names.length) names.push('none')
  if (names.join('\n') !== [...choose.options].map((o) => o.value).join('\n')) choose.replaceChildren(...names.map((name) => h('option', { value: name }, name)))
  choose.disabled = !picture.platform
  choose.value = picture.platform ? picture.platform.name : 'none'
}

function calls(picture) {
  next = picture.next_call
  const body = byId('calls')
  for (const c of picture.calls) body.prepend(row(c))
  while (body.children.length > KEPT_CALLS) body.lastElementChild.remove()
}

function row(c) {
  const failed = c.code !== '' || c.status === 0
  const read = /^(Describe|Get|List)/.test(c.operation)
  const tr = h('tr', { class: failed ? 'bad' : '' },
    h('td', {}, h('time', { datetime: c.time }, clock(c.time))),
    h('td', {}, c.operation, h('span', { class: 'id', title: c.resource }, c.resource.replace(/^arn:aws:[^/]*[:/]/, ''))),
    h('td', {}, c.code || (c.status ? String(c.status) : 'no answer')), h('td', { class: 'number' }, c.ms.toFixed(1)))
  if (read) tr.dataset.read = ''
  tr.hidden = read && byId('changes').checked
  return tr
}

function openConsole(id, name) {
  shown = id
  say(byId('console-title'), `Console output of ${name}`)
  say(byId('console-text'), '…')
  byId('console').showModal()
  showConsole()
}

async function showConsole() {
  if (!shown) return
  const response = await fetch(`/_local/console?${new URLSearchParams({ instance: shown })}`, { signal: AbortSignal.timeout(PATIENCE) })
  const text = byId('console-text')
  const atEnd = text.scrollTop + text.clientHeight >= text.scrollHeight - 4
  say(text, (await response.text()) || 'It has written nothing yet.')
  if (atEnd) text.scrollTop = text.scrollHeight
}

byId('console').addEventListener('close', () => (shown = ''))
byId('choose').addEventListener('change', (e) => (location.hash = encodeURIComponent(e.target.value)))
byId('changes').addEventListener('change', (e) => {
  for (const tr of byId('calls').children) tr.hidden = e.target.checked && 'read' in tr.dataset
})
addEventListener('hashchange', look)
document.addEventListener('visibilitychange', look)
addEventListener('resize', () => last && last.platform && drawWays(last.platform))
look()
