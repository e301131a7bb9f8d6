package world

import (
	"container/heap"
	"time"
)

// appointment is a transition that was scheduled.
type appointment struct {
	at         time.Time
	serial     int64
	table      anyTable
	region, id string
}

// stale says that the object has been given another since, or none, or is gone.
func (a appointment) stale() bool {
	o := a.table.base(a.region, a.id)
	return o == nil || o.Next == nil || !o.Next.At.Equal(a.at)
}

// schedule is a heap of appointments, earliest first; of two at the same time that of
// the older object.
type schedule []appointment

func (s schedule) overdue(now time.Time) bool { return len(s) > 0 && !s[0].at.After(now) }

// Len implements heap.Interface.
func (s schedule) Len() int { return len(s) }

// Less implements heap.Interface.
func (s schedule) Less(i, j int) bool {
	if s[i].at.Equal(s[j].at) {
		return s[i].serial < s[j].serial
	}
	return s[i].at.Before(s[j].at)
}

// Swap implements heap.Interface.
func (s schedule) Swap(i, j int) { s[i], s[j] = s[j], s[i] }

// Push implements heap.Interface.
func (s *schedule) Push(x any) { *s = append(*s, x.(appointment)) }

// Pop implements heap.Interface.
func (s *schedule) Pop() any {
	last := len(*s) - 1
	x := (*s)[last]
	*s = (*s)[:last]
	return x
}

// schedule notes the object's transition, if it has one.
func (w *World) schedule(t anyTable, o *Object) {
	if o != nil && o.Next != nil {
		heap.Push(&w.due, appointment{o.Next.At, o.Serial, t, o.Region, o.ID})
	}
}
