// Package faults makes the local cloud fail as AWS does now and then: throttled
// calls, server errors, connections that are reset, replies that are lost, permissions
// that are missing, objects that describes don't see yet, zones without capacity, and
// quotas.
//
// Here belong what a user can ask for ([Config]), how that is read from a file and
// checked, and what becomes of a call ([Injector]). How the world refuses for lack of
// capacity or quota, or hides new objects, is the world's business: this package only
// says that it shall.
//
// A call meets the faults in the order in which it would meet them on its way to AWS:
//
//  1. the network: the connection is reset before the call arrives
//  2. the service's front: throttling, by token buckets and as injected
//  3. authorization: operations that are denied, and what the caller's policies don't allow
//  4. the service: injected server errors, and the codes that rules name
//  5. the call itself, with what is switched on in the world
//  6. the network again: the call is done, and the reply is lost
//
// A call that is stopped in one place takes no part in what comes after it. Which calls
// are hit is decided by the seed and by how many calls of the same operation there have
// been: calls of other operations, or their order, change nothing.
package faults
