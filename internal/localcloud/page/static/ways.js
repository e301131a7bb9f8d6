// The ways of requests, drawn over the picture from where the boxes are.
import { byId, svg } from './dom.js'
import { condition } from './picture.js'

/** Draws all ways of a platform that was just drawn. */
export function drawWays(platform) {
  const picture = byId('picture').getBoundingClientRect()
  const place = (id) => {
    const node = byId(id)
    if (!node || !node.offsetParent) return null
    const r = node.getBoundingClientRect()
    return { left: r.left - picture.left, right: r.right - picture.left, top: r.top - picture.top, bottom: r.bottom - picture.top, middle: (r.left + r.right) / 2 - picture.left }
  }
  const ways = []
  const door = place('door')
  const internet = place('internet')
  const subnets = platform.zones.flatMap((z) => z.subnets)
  const nodes = subnets.flatMap((s) => s.nodes.map((n) => ({ ...n, subnet: s.id, at: place(`${n.load_balancer} ${s.id}`) }))).filter((n) => n.at)
  const total = nodes.reduce((n, node) => n + node.traffic.rate.requests, 0)
  if (nodes.length) ways.push({ d: `M${internet.middle} ${internet.bottom}V${door.top - 5}`, rate: total, shut: !platform.internet_gateway, head: [door.middle, door.top, 'down'] })
  for (const n of nodes) {
    const x = n.at.middle
    ways.push({ d: curve(door.middle, door.bottom, x, n.at.top - 5), rate: n.traffic.rate.requests, shut: n.blocked !== '', head: [x, n.at.top, 'down'] })
  }
  for (const s of subnets) {
    const gateway = s.public ? null : place(s.way)
    const at = place(s.id)
    if (gateway && at) {
      const x = Math.max(gateway.middle, at.left + 20)
      ways.push({ d: curve(Math.min(x, at.right - 20), at.top, gateway.middle, gateway.bottom + 5), out: true, head: [gateway.middle, gateway.bottom, 'up'] })
    }
    toInstances(s, nodes, at, place, ways)
  }
  show(ways)
}

/** From the nodes to the head of a subnet's instances, then along their left side into each. */
function toInstances(subnet, nodes, at, place, ways) {
  const targets = subnet.instances.filter((i) => i.flows.length).map((i) => ({ i, at: place(i.id) })).filter((t) => t.at)
  if (!at || !targets.length) return
  const x = targets[0].at.left - 13
  const head = place(subnet.instances[0].id).top - 6
  for (const n of nodes) {
    const flows = targets.flatMap((t) => t.i.flows).filter((f) => f.subnet === n.subnet)
    if (!flows.length) continue
    const rate = flows.reduce((sum, f) => sum + f.traffic.rate.requests, 0)
    ways.push({ d: curve(n.at.middle, n.at.bottom, x, head), rate, shut: flows.every((f) => f.blocked) })
  }
  for (const t of targets) {
    const middle = (t.at.top + t.at.bottom) / 2
    const { mood } = condition(t.i)
    const shut = mood === 'bad' || t.i.flows.every((f) => f.blocked)
    ways.push({ d: `M${x} ${head}V${middle - 6}q0 6 6 6H${t.at.left - 5}`, rate: t.i.traffic.rate.requests, shut, head: [t.at.left, middle, 'right'] })
  }
}

function curve(x1, y1, x2, y2) {
  const bend = (y2 - y1) / 2
  return `M${x1} ${y1}C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2}`
}

const HEADS = { down: 'l-4.5 -7h9z', up: 'l-4.5 7h9z', right: 'l-7 -4.5v9z' }

/** Puts ways into the document, moving ones on top. A path that is there already is kept, with its animation. */
function show(ways) {
  const canvas = byId('ways')
  const fitting = ways.length * 3 === canvas.children.length
  if (!fitting) canvas.replaceChildren(...ways.flatMap(() => [svg('path'), svg('path'), svg('path')]))
  ways.sort((a, b) => (a.rate || 0) - (b.rate || 0))
  const fastest = Math.max(...ways.map((w) => w.rate || 0), 1)
  ways.forEach((way, i) => {
    const [line, dashes, head] = [...canvas.children].slice(i * 3, i * 3 + 3)
    const kind = way.rate > 0 ? ' moving' : way.shut ? ' shut' : ''
    const width = kind === ' moving' ? 1.5 + 3 * Math.sqrt(way.rate / fastest) : 1.5
    set(line, { d: way.d, class: `way${kind}${way.out ? ' out' : ''}` })
    set(dashes, { d: kind === ' moving' ? way.d : '', class: 'dashes' })
    line.style.strokeWidth = `${width}px`
    dashes.style.strokeWidth = `${Math.max(1.5, width * 0.6)}px`
    set(head, { d: way.head ? `M${way.head[0]} ${way.head[1]}${HEADS[way.head[2]]}` : '', class: `head${kind}` })
  })
}

function set(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) if (node.getAttribute(name) !== value) node.setAttribute(name, value)
}
