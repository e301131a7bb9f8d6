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
