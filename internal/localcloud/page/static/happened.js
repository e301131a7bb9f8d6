// What changed between two pictures, in words: what a person would have missed by
// looking elsewhere.
import { clock, h } from './dom.js'

const KEPT = 200

/** The name by which people know an instance. */
export const called = (instance) => instance.name || instance.id

/** How good a state is: good, waiting, caution or bad; '' for one without such a meaning. */
export function tone(state) {
  switch (state) {
    case 'healthy': case 'running': case 'available': case 'active': return 'good'
    case 'initial': case 'pending': case 'provisioning': return 'waiting'
    case 'draining': case 'stopping': case 'shutting-down': case 'deleting': return 'caution'
    case 'unhealthy': case 'unused': case 'stopped': case 'terminated': case 'failed': return 'bad'
  }
  return ''
}

/** Why a target is not healthy, as DescribeTargetHealth says it. */
export const reason = (target) => [target.reason, target.description].filter(Boolean).join(': ')

/** What is worth telling about each thing of a platform: what it is, and what its end is. */
export function notable(platform) {
  const things = new Map()
  const note = (key, is, mood, end, why = '') => things.set(key, { is, mood, end, why })
  for (const b of platform.load_balancers) note(b.name, `${b.name} is ${b.state}`, tone(b.state), `${b.name} is gone`)
  for (const zone of platform.zones) {
    for (const subnet of zone.subnets) {
      for (const n of subnet.nodes.filter((n) => n.state === 'active')) {
        const node = `${n.load_balancer}'s node in ${zone.name}`
        const end = `${node} is gone`
        if (n.blocked) note(node, `${node} is cut off`, 'bad', end, n.blocked)
        else if (!n.in_dns) note(node, `${node} is out of DNS`, 'caution', end)
        else note(node, `${node} is in DNS`, 'good', end)
      }
      for (const g of subnet.nat_gateways) note(g.id, `${g.id} is ${g.state}`, tone(g.state), `${g.id} is gone`)
      for (const i of subnet.instances) {
        note(i.id, `${called(i)} is ${i.state}`, tone(i.state), `${called(i)} is gone`)
        for (const t of i.targets) note(`${i.id} ${t.target_group} ${t.port}`, `target ${called(i)} is ${t.state}`, tone(t.state), `${called(i)} is no longer a target`, reason(t))
      }
    }
  }
  return things
}

/** Writes what is different in the second of two such notes, the latest on top. */
export function tell(list, before, after, now) {
  const say = (text, mood) => list.prepend(h('li', {}, h('time', { datetime: now }, clock(now)), h('span', { class: 'tell ' + mood }, text)))
  for (const [key, { is, mood, why }] of after) {
    const was = before.get(key)
    if (!was || was.is !== is || was.why !== why) say(why ? `${is}: ${why}` : is, mood)
  }
  for (const [key, { end }] of before) if (!after.has(key)) say(end, '')
  while (list.children.length > KEPT) list.lastElementChild.remove()
}
