// Package world is the pure model of the local cloud: objects in tables, changed in
// transactions, moving through their states on an injected clock, and kept on disk.
// This package knows no kind of object; each service (services/ec2/model, …)
// brings its own as a list of kinds and holds AWS's rules about them. Nothing here
// knows of HTTP.
//
// An object is a struct that embeds [Object]. Its type is its table:
//
//	vpc, err := world.Find[network.VPC](tx, id)   // or AWS's refusal
//	for _, subnet := range world.All[network.Subnet](tx) { … }
//	world.Add(tx, &network.Subnet{Object: tx.NewObject("subnet", tags), …})
//	world.Edit(tx, id, func(s *network.Subnet) { s.MapPublicIPOnLaunch = true })
//	world.Delete[network.Subnet](tx, id)
//
// What Get, Find and All return is shared: read it, never write to it. Edit hands
// out a deep copy and stores it. A transaction sees one region ([Tx.In] gives
// another); it is carried out as a whole or, when its function returns an error, not
// at all. It is on disk before Update returns.
//
// An object that changes by itself carries a [Transition]: to which state, and when.
// Every access first carries out what is due, in the order of time, so the model
// needs no timers and a fake clock drives it.
//
// It has a little more than 1,500 lines because tables, transactions, transitions and
// the durations that drive them share the lock and the tables' insides.
package world
