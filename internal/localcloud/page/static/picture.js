// The picture: boxes for what there is, filled from what the local cloud says.
import { byId, classify, each, h, say } from './dom.js'
import { called, reason, tone } from './happened.js'
import { chart, counts, drawChart, drawCounts, highest, perSecond, sum } from './traffic.js'

/** Draws a platform. See Platform in picture.go for what it is made of. */
export function draw(platform, traffic, now, showConsole) {
  const instances = platform.zones.flatMap((z) => z.subnets.flatMap((s) => s.instances))
  const nodes = platform.zones.flatMap((z) => z.subnets.flatMap((s) => s.nodes))
  for (const i of instances) takeFlows(i, platform, traffic, now)
  for (const b of platform.load_balancers) {
    b.traffic = traffic.take(`balancer ${b.name}`, sum(nodes.filter((n) => n.load_balancer === b.name)), now)
  }
  for (const zone of platform.zones) {
    for (const s of zone.subnets) for (const n of s.nodes) n.traffic = traffic.take(`${n.load_balancer} ${s.id}`, sum([n]), now)
  }
  traffic.forgetBefore(now)
  const most = { instance: highest(instances.map((i) => i.traffic)), node: highest(nodes.map((n) => n.traffic)), balancer: highest(platform.load_balancers.map((b) => b.traffic)) }

  say(byId('where'), `${platform.region} · ${plural(platform.zones.length, 'zone')} · ${plural(instances.length, 'instance')}`)
  say(byId('vpc-title'), `VPC ${platform.vpc} · ${platform.cidr}`)
  const door = byId('door')
  say(door, platform.internet_gateway ? `internet gateway ${platform.internet_gateway}` : 'no internet gateway')
  classify(door, platform.internet_gateway ? '' : 'shut')
  each(byId('internet'), platform.load_balancers, (b) => b.name, makeBalancer, (box, b) => drawBalancer(box, b, instances, most.balancer))
  const zones = byId('zones')
  each(zones, platform.zones, (z) => z.name, makeZone, (box, z) => drawZone(box, z, most, showConsole))
  each(byId('endpoints'), platform.endpoints, (e) => e.id, () => h('li'), (li, e) => say(li, `${e.service} over gateway endpoint ${e.id}, ${e.state}`))
}

const plural = (n, what) => `${n} ${what}${n === 1 ? '' : 's'}`

/** Takes in an instance's counters: of the whole instance, and of each node's flow to it. */
function takeFlows(instance, platform, traffic, now) {
  const flows = instance.targets.flatMap((t) => t.flows.map((f) => ({ ...f, target: t })))
  instance.flows = flows
  instance.inFlight = flows.reduce((n, f) => n + f.in_flight, 0)
  instance.traffic = traffic.take(instance.id, sum(flows), now)
  for (const f of flows) f.traffic = traffic.take(`flow ${instance.id} ${f.target.target_group} ${f.target.port} ${f.subnet}`, sum([f]), now)
}

function makeBalancer() {
  return h('article', { class: 'balancer' }, h('h3', { class: 'title' }), chart(), h('div', { class: 'links' }), h('div', { class: 'traffic' }, h('span', { class: 'rate' }), counts()))
}

function drawBalancer(box, b, instances, most) {
  const [title, chart, links, numbers] = box.children
  say(title, b.state === 'active' ? `Clients of ${b.name}` : `${b.name} is ${b.state}`)
  title.title = b.dns_name
  each(links, b.listeners, (l) => String(l.port), () => h('a', { target: '_blank', rel: 'noreferrer' }), (a, l) => {
    say(a, l.url || `port ${l.port} is not open yet`)
    if (l.url) a.setAttribute('href', l.url)
    else a.removeAttribute('href')
  })
  drawChart(chart, b.traffic.samples, most)
  drawRate(numbers, b.traffic.rate, instances.reduce((n, i) => n + i.inFlight, 0))
}

function drawRate(box, rate, inFlight) {
  const [number, classes] = box.children
  say(number, `${perSecond(rate.requests)}/s`)
  drawCounts(classes, rate, inFlight)
}

function makeZone(zone) {
  return h('section', { class: 'zone', id: `zone ${zone.name}` }, h('h2', {}, h('b'), h('span')), h('div', { class: 'row public' }), h('div', { class: 'row private' }))
}

function drawZone(box, zone, most, showConsole) {
  const [title, open, inner] = box.children
  box.setAttribute('aria-label', `Zone ${zone.name}`)
  say(title.firstElementChild, zone.name)
  say(title.lastElementChild, ` ${zone.id}`)
  const drawSubnet = (box, s) => fillSubnet(box, s, most, showConsole)
  each(open, zone.subnets.filter((s) => s.public), (s) => s.id, makeSubnet, drawSubnet)
  each(inner, zone.subnets.filter((s) => !s.public), (s) => s.id, makeSubnet, drawSubnet)
}

function makeSubnet(subnet) {
  return h('div', { class: 'subnet', id: subnet.id }, h('h3', {}, h('b'), h('span')), h('div', { class: 'machines' }), h('div', { class: 'instances' }))
}

function fillSubnet(box, s, most, showConsole) {
  const [title, machines, instances] = box.children
  say(title.firstElementChild, s.public ? 'public subnet' : 'private subnet')
  say(title.lastElementChild, ` ${s.cidr}${s.way ? '' : ' · no way out'}`)
  title.title = s.id
  const others = [...s.nodes.map((n) => ({ key: `node ${n.load_balancer}`, node: n })), ...s.nat_gateways.map((g) => ({ key: g.id, nat: g }))]
  each(machines, others, (m) => m.key, makeMachine, (m, { node, nat }) => (node ? drawNode(m, node, s, most.node) : drawNAT(m, nat)))
  each(instances, s.instances, (i) => i.id, (i) => makeInstance(i, showConsole), (m, i) => drawInstance(m, i, most.instance))
  machines.hidden = others.length === 0
  instances.hidden = s.instances.length === 0
}

function makeMachine({ node, nat }) {
  if (nat) return h('article', { class: 'machine' }, h('h3', {}, 'NAT gateway'), h('p', { class: 'state' }), h('p', { class: 'id muted' }))
  return h('article', { class: 'machine' }, h('h3', { title: node.load_balancer }, 'load balancer node'), h('p', { class: 'state' }), h('p', { class: 'why' }), h('div', { class: 'traffic' }, h('span', { class: 'rate' }), chart()))
}

function drawNode(box, n, subnet, most) {
  const [, state, why, traffic] = box.children
  box.id = `${n.load_balancer} ${subnet.id}`
  let mood = 'good'
  let text = '✓ in DNS'
  if (n.state !== 'active') [mood, text] = ['waiting', `… ${n.state}`]
  else if (n.blocked) [mood, text] = ['bad', n.in_dns ? '✗ cut off, still in DNS' : '✗ cut off, out of DNS']
  else if (!n.in_dns) [mood, text] = ['caution', '✗ out of DNS']
  classify(box, `machine ${mood}`)
  say(state, text)
  say(why, n.blocked)
  say(traffic.firstElementChild, `${perSecond(n.traffic.rate.requests)}/s`)
  drawChart(traffic.lastElementChild, n.traffic.samples, most)
}

function drawNAT(box, g) {
  box.id = g.id
  const mood = tone(g.state)
  classify(box, `machine ${mood}`)
  say(box.children[1], `${symbol(mood)} ${g.state}`)
  say(box.children[2], g.public_ip)
  box.title = g.id
}

const symbol = (mood) => ({ good: '✓', bad: '✗', caution: '↓', waiting: '…' })[mood] || '–'

function makeInstance(i, showConsole) {
  return h('article', { class: 'machine instance', id: i.id },
    h('h3', {}, h('span'), h('span', { class: 'id muted' })), h('button', { click: () => showConsole(i.id, called(i)), 'aria-label': `Console output of ${called(i)}` }, 'console'),
    h('p', { class: 'state' }), h('p', { class: 'why' }),
    h('div', { class: 'traffic' }, h('span', { class: 'rate' }), counts()), chart())
}

function drawInstance(box, i, most) {
  const [title, , state, why, traffic, samples] = box.children
  const { mood, text, because } = condition(i)
  classify(box, `machine instance ${mood}`)
  say(title.firstElementChild, i.name)
  say(title.lastElementChild, i.id)
  title.title = `${i.type}, ${i.private_ip}`
  say(state, text)
  say(why, because)
  drawRate(traffic, i.traffic.rate, i.inFlight)
  drawChart(samples, i.traffic.samples, most)
}

/** What to say of an instance: that of the target that is worst off, and what cuts it off. */
export function condition(i) {
  const order = ['bad', 'caution', 'waiting', 'good', '']
  const worst = [...i.targets].sort((a, b) => order.indexOf(tone(a.state)) - order.indexOf(tone(b.state)))[0]
  if (!worst) return { mood: i.state === 'running' ? '' : tone(i.state), text: `– ${i.state}, not a target`, because: '' }
  const mood = tone(worst.state)
  let text = `${symbol(mood)} ${i.state} · ${worst.state}`
  if (worst.draining_until) text += ` until ${new Date(worst.draining_until).toLocaleTimeString([], { hour12: false })}`
  const blocked = i.flows.find((f) => f.blocked)
  const because = [mood === 'good' ? '' : reason(worst), blocked ? `cut off from the node in ${blocked.zone}: ${blocked.blocked}` : ''].filter(Boolean).join('; ')
  return { mood, text, because }
}
