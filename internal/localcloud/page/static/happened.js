// States, and what happened to them, in words.
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

/** Writes what happened, the latest on top. */
export function tell(list, events) {
  for (const e of events) list.prepend(h('li', {}, h('time', { datetime: e.time }, clock(e.time)), h('span', { class: 'tell ' + e.mood }, e.text)))
  while (list.children.length > KEPT) list.lastElementChild.remove()
}
