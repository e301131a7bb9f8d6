// Package release brings a site to the instances that run. It sends the site's archive into the platform's bucket, once per digest;
// says by one pointer object, which is changed by conditional writes alone, which instance serves which release; and watches what
// comes of it, one instance first, then a zone after the other. What isn't right is put back.
//
// Instances look at the pointer by themselves, fetch what it says, and report. So nothing here knows how they do that, or that
// there are EC2 instances at all; how a directory becomes an archive is package site's.
//
// It can be killed anywhere: the pointer says what was wanted and how far it came, and the same release goes on from there.
package release
