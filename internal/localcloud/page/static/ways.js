// The ways of requests, drawn over the picture from where the boxes are. They run where there is no text: above the zones,
// along the left side of each, and between its public and its private subnets.
import { byId, svg } from './dom.js'
import { condition } from './picture.js'

const IN = 7 // from a zone's left border to the way to its nodes
const OUT = 14 // and to the ways from nodes to instances
const LANE = 7 // between the ways of two nodes, below the public subnets
const ROUND = 6 // radius of a corner

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
  const zones = platform.zones.map((zone) => ({ zone, at: place(`zone ${zone.name}`) })).filter((z) => z.at)
  if (!zones.length) return show(ways)
  const subnets = zones.flatMap(({ zone, at }) => zone.subnets.map((subnet) => ({ subnet, zone: at, at: place(subnet.id) }))).filter((s) => s.at)
  const nodes = subnets.flatMap(({ subnet, zone }) => subnet.nodes.map((n) => ({ ...n, subnet: subnet.id, zone, at: place(`${n.load_balancer} ${subnet.id}`) }))).filter((n) => n.at)
  const total = nodes.reduce((n, node) => n + node.traffic.rate.requests, 0)
  if (nodes.length) ways.push({ d: line([internet.middle, internet.bottom], [internet.middle, door.top - 5]), rate: total, shut: !platform.internet_gateway, head: [door.middle, door.top, 'down'] })
  const above = (door.bottom + Math.min(...zones.map((z) => z.at.top))) / 2
  for (const n of nodes) {
    const x = n.zone.left + IN
    const y = n.at.top + (n.at.bottom - n.at.top) / 3
    ways.push({ d: line([door.middle, door.bottom], [door.middle, above], [x, above], [x, y], [n.at.left - 5, y]), rate: n.traffic.rate.requests, shut: n.blocked !== '', head: [n.at.left, y, 'right'] })
  }
  for (const s of subnets) {
    const gateway = s.subnet.public ? null : place(s.subnet.way)
    if (gateway) ways.push({ d: outside(s, gateway), out: true, head: [gateway.middle, gateway.bottom, 'up'] })
    toInstances(s, nodes, subnets, place, ways)
  }
  show(ways)
}

/** From a private subnet up to the gateway through which it reaches the internet. */
function outside({ at, zone }, gateway) {
  const y = gateway.bottom + 9
  const from = Math.min(Math.max(gateway.middle, at.left + 20), at.right - 20)
  if (y < at.top && at.top - y < 200) return line([from, at.top], [from, y], [gateway.middle, y], [gateway.middle, gateway.bottom + 5])
  const side = zone.right + 6 // the gateway's zone stands above
  return line([at.right - 20, at.top], [at.right - 20, at.top - 5], [side, at.top - 5], [side, y], [gateway.middle, y], [gateway.middle, gateway.bottom + 5])
}

/** From the nodes to a subnet's instances, along their left side into each. */
function toInstances({ subnet, zone, at }, nodes, subnets, place, ways) {
  const targets = subnet.instances.filter((i) => i.flows.length).map((i) => ({ i, at: place(i.id) })).filter((t) => t.at)
  if (!targets.length) return
  const x = targets[0].at.left - 13
  const head = place(subnet.instances[0].id).top - 6
  nodes.forEach((n, i) => {
    const flows = targets.flatMap((t) => t.i.flows).filter((f) => f.subnet === n.subnet)
    if (!flows.length) return
    const below = (z) => Math.min(...subnets.filter((s) => !s.subnet.public && s.zone.top === z.top).map((s) => s.at.top)) - 9 - LANE * (i % 6)
    const y = n.at.top + ((n.at.bottom - n.at.top) * 2) / 3
    const from = n.zone.left + OUT
    const points = [[n.at.left, y], [from, y], [from, below(n.zone)]]
    if (n.zone.top !== zone.top) points.push([zone.left + OUT, below(n.zone)], [zone.left + OUT, below(zone)])
    points.push([x, below(zone)], [x, head])
    ways.push({ d: line(...points), rate: flows.reduce((sum, f) => sum + f.traffic.rate.requests, 0), shut: flows.every((f) => f.blocked) })
  })
  for (const t of targets) {
    const middle = (t.at.top + t.at.bottom) / 2
    const { mood } = condition(t.i)
    const shut = mood === 'bad' || t.i.flows.every((f) => f.blocked)
    ways.push({ d: line([x, head], [x, middle], [t.at.left - 5, middle]), rate: t.i.traffic.rate.requests, shut, head: [t.at.left, middle, 'right'] })
  }
}

/** A path through points, each straight above, below or beside the one before, with round corners. */
function line(...points) {
  points = points.filter((p, i) => i === 0 || Math.hypot(p[0] - points[i - 1][0], p[1] - points[i - 1][1]) > 0.5)
  let d = `M${points[0]}`
  for (let i = 1; i < points.length - 1; i++) {
    const [before, at, after] = points.slice(i - 1, i + 2)
    const near = (p) => {
      const long = Math.hypot(p[0] - at[0], p[1] - at[1])
      const share = Math.min(ROUND, long / 2) / long
      return [at[0] + (p[0] - at[0]) * share, at[1] + (p[1] - at[1]) * share]
    }
    d += `L${near(before)}Q${at} ${near(after)}`
  }
  return d + `L${points.at(-1)}`
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
