// What every part of the page does to the document. Text only ever goes in as text, so
// nothing that a user of the API named can become markup.

const SVG = 'http://www.w3.org/2000/svg'

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') node.addEventListener(name, value)
    else node.setAttribute(name, value)
  }
  node.append(...children)
  return node
}

/** Makes an HTML element; functions among the attributes are listeners. */
export const h = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children)

/** Makes an SVG element. */
export const svg = (tag, attributes = {}, ...children) => fill(document.createElementNS(SVG, tag), attributes, children)

export const byId = (id) => document.getElementById(id)

/** Sets an element's text, where it differs: a selection in it survives. */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text
}

/** Sets an element's class, where it differs. */
export function classify(node, name) {
  if (node.getAttribute('class') !== name) node.setAttribute('class', name)
}

/**
 * Makes a parent's children those of a list: one element a key, made once, and updated
 * each time, so that what has the focus or an animation keeps it.
 */
export function each(parent, list, key, make, update) {
  const there = new Map([...parent.children].map((child) => [child.dataset.key, child]))
  let place = parent.firstElementChild
  for (const item of list) {
    const name = key(item)
    let node = there.get(name)
    if (!node) {
      node = make(item)
      node.dataset.key = name
    }
    there.delete(name)
    if (node === place) place = place.nextElementSibling
    else parent.insertBefore(node, place)
    update(node, item)
  }
  for (const node of there.values()) node.remove()
}

/** The time of day, to the second. */
export const clock = (time) => new Date(time).toLocaleTimeString([], { hour12: false })
