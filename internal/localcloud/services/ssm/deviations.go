package ssm

import "github.com/platformctl/platformctl/internal/localcloud/wire"

// deviations are where Systems Manager here is known to differ from AWS's, or may.
func deviations() []wire.Deviation {
	return []wire.Deviation{
		{Operations: []string{"SendCommand"}, Kind: wire.Stricter, Text: "Of documents there is `AWS-RunShellScript`. Scripts are really interpreted, with the instance's own files, and find few programs: `systemctl`, `nginx`, `pgrep`, `pkill`, `kill`, `curl` of the instance itself, `cat`, `hostname`, `uptime`, `sleep`, `whoami`. Any other is `command not found`."},
		{Operations: []string{"SendCommand"}, Kind: wire.Reading, Text: "An instance can be sent commands when it runs, its agent has registered, and Systems Manager hasn't missed the agent yet; else the call gets `InvalidInstanceId`. What is sent while the way is cut is `Delayed` and tried again until `TimeoutSeconds` have passed."},
		{Operations: []string{"SendCommand"}, Kind: wire.Reading, Text: "An agent registers 45 s after its instance runs, and counts as lost 5 min after it is gone; AWS publishes neither. It needs the actions of `AmazonSSMManagedInstanceCore` for Systems Manager itself and for message channels, unconditionally, and a way to the internet on port 443."},
		{Operations: []string{"SendCommand"}, Kind: wire.Reading, Text: "A script that was under way when the local cloud ended is run again when it starts, but not a third time: then it is `Failed`, and says so."},
		{Operations: []string{"SendCommand"}, Kind: wire.Stricter, Text: "A script has bounds (2000 commands, 20,000 expansions, 64 KiB of text, 1 MiB of variables, 4 MiB of output, 8 MiB written); over them it ends, and says so. One that met a full disk fails, whatever its last command gave. Process substitution, `${!name}`, references by name and aliases aren't simulated."},
		{Operations: []string{"GetCommandInvocation"}, Kind: wire.Reading, Text: "An invocation can't be asked for in the first second; AWS doesn't say how long that is. A command for an instance that is no more is `Failed`, in detail `Undeliverable`."},
		{Operations: []string{"ListCommands", "ListCommandInvocations"}, Kind: wire.Reading, Text: "A command that there isn't gives an empty list."},
	}
}
