// Package lab is what the programs under resilience have in common: a place in which the real binary works on a local
// cloud of its own, and from which it can be judged without asking it.
//
//	exe, err := lab.Build(ctx, dir)                         // once
//	site, err := lab.Open(ctx, lab.Options{Exe: exe, Dir: place, Faults: faults.Config{…}})
//	defer site.Close()
//	err = site.Configure(lab.Shape{Zones: 2, Instances: 2}) // writes platform.yaml
//	out, err := site.Run(ctx, "up")                         // the binary; out.Exit, out.Text, out.Took
//	problems := site.Complete(ctx, shape)                   // the world, the state and the page against the shape
//	problems = site.Empty()                                 // the world against a new account, the state against none
//
// Between the binary and the local cloud stands a [Proxy] that counts API calls and can end the process at one of
// them: see [Trap]. The local cloud runs in this process, so that its world can be read as it is ([Site.Objects]),
// whatever its faults hide from callers. A copy of a closed site's directory is a site that goes on from it.
//
// What belongs here: what more than one of those programs needs. What doesn't: what is done to the binary and why, which
// each program says itself.
package lab
