package fault

// What the tests of the scenarios on a local cloud need of their inside.
var (
	Send      = send
	DenyAll   = denyAll
	Until     = until
	TargetsOf = targetsOf
	Comment   = Entry.comment
)

// EndNginx is the process scenario's command.
const EndNginx = endNginx

// GroupMark is the tag's value on an entry's group.
func GroupMark(e Entry) string { return e.groupMark() }
