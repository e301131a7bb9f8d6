package api

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/services/ssm/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) invocationOperations() []wire.Operation {
	return []wire.Operation{
		view(h, "GetCommandInvocation", getCommandInvocation),
		view(h, "ListCommandInvocations", listCommandInvocations),
	}
}

type getCommandInvocationInput struct {
	CommandID  string `query:"CommandId,required" min:"36" max:"36"`
	InstanceID string `query:"InstanceId,required" pattern:"(^i-(\\w{8}|\\w{17})$)|(^mi-\\w{17}$)"`
	PluginName string `query:"PluginName" min:"4"`
}

type getCommandInvocationOutput struct {
	CommandID              string `json:"CommandId"`
	InstanceID             string `json:"InstanceId"`
	Comment                string
	DocumentName           string
	DocumentVersion        string
	PluginName             string
	ResponseCode           int
	ExecutionStartDateTime string
	ExecutionElapsedTime   string
	ExecutionEndDateTime   string
	Status                 string
	StatusDetails          string
	StandardOutputContent  string
	StandardOutputURL      string `json:"StandardOutputUrl"`
	StandardErrorContent   string
	StandardErrorURL       string `json:"StandardErrorUrl"`
	CloudWatchOutputConfig cloudWatchOutput
}

// unknownInvocation says no more than its code, as the service does.
func unknownInvocation() error { return refuse.New("InvocationDoesNotExist", "") }

func getCommandInvocation(tx *world.Tx, _ *wire.Call, in *getCommandInvocationInput) (*getCommandInvocationOutput, error) {
	i, there := world.LookUp[model.Invocation](tx, in.CommandID+"/"+in.InstanceID)
	if !there || !i.Visible(tx) {
		return nil, unknownInvocation()
	}
	if in.PluginName != "" && in.PluginName != model.Plugin {
		return nil, refuse.New("InvalidPluginName", "The plugin name isn't valid.")
	}
	c, _ := world.Get[model.Command](tx, i.CommandID) // lives as long as its invocations
	out := &getCommandInvocationOutput{CommandID: i.CommandID, InstanceID: i.InstanceID, Comment: c.Comment, DocumentName: model.ShellScript,
		DocumentVersion: "$DEFAULT", PluginName: model.Plugin, ResponseCode: i.ResponseCode, Status: string(i.Status), StatusDetails: i.Details,
		StandardOutputContent: i.Stdout, StandardErrorContent: i.Stderr}
	if !i.Started.IsZero() {
		out.ExecutionStartDateTime = wire.Timestamp(i.Started)
		if !i.Ended.IsZero() {
			out.ExecutionEndDateTime = wire.Timestamp(i.Ended)
			out.ExecutionElapsedTime = elapsed(i.Ended.Sub(i.Started))
		}
	}
	return out, nil
}

// elapsed is a duration by ISO 8601, such as PT1M0.5S.
func elapsed(d time.Duration) string {
	d = d.Round(time.Millisecond)
	text := "PT"
	if hours := int(d.Hours()); hours > 0 {
		text += fmt.Sprintf("%dH", hours)
	}
	if minutes := int(d.Minutes()) % 60; minutes > 0 {
		text += fmt.Sprintf("%dM", minutes)
	}
	return text + strings.TrimSuffix(fmt.Sprintf("%.3f", (d%time.Minute).Seconds()), ".000") + "S"
}

type listCommandInvocationsInput struct {
	listing
	Details bool `query:"Details"`
}

type listCommandInvocationsOutput struct {
	CommandInvocations []commandInvocation
	NextToken          string `json:",omitempty"`
}

type commandInvocation struct {
	CommandID              string `json:"CommandId"`
	InstanceID             string `json:"InstanceId"`
	InstanceName           string
	Comment                string
	DocumentName           string
	DocumentVersion        string
	RequestedDateTime      float64
	Status                 string
	StatusDetails          string
	StandardOutputURL      string `json:"StandardOutputUrl"`
	StandardErrorURL       string `json:"StandardErrorUrl"`
	CommandPlugins         []commandPlugin
	ServiceRole            string
	CloudWatchOutputConfig cloudWatchOutput
}

type commandPlugin struct {
	Name                   string
	Status                 string
	StatusDetails          string
	ResponseCode           int
	ResponseStartDateTime  *float64 `json:",omitempty"`
	ResponseFinishDateTime *float64 `json:",omitempty"`
	Output                 string
	StandardOutputURL      string `json:"StandardOutputUrl"`
	StandardErrorURL       string `json:"StandardErrorUrl"`
}

func listCommandInvocations(tx *world.Tx, _ *wire.Call, in *listCommandInvocationsInput) (*listCommandInvocationsOutput, error) {
	if err := in.checkTimes(); err != nil {
		return nil, err
	}
	all := []commandInvocation{}
	for _, i := range slices.Backward(world.Described[model.Invocation](tx)) {
		if in.CommandID != "" && i.CommandID != in.CommandID || in.InstanceID != "" && i.InstanceID != in.InstanceID || !i.Visible(tx) || !in.accepts(i.Status, i.Created) {
			continue
		}
		all = append(all, invocationOf(tx, i, in.Details))
	}
	page, next, err := pageOf(all, in.NextToken, in.MaxResults, 50)
	return &listCommandInvocationsOutput{page, next}, err
}

func invocationOf(tx *world.Tx, i *model.Invocation, details bool) commandInvocation {
	c, _ := world.Get[model.Command](tx, i.CommandID) // lives as long as its invocations
	out := commandInvocation{CommandID: i.CommandID, InstanceID: i.InstanceID, Comment: c.Comment, DocumentName: model.ShellScript, DocumentVersion: "$DEFAULT",
		RequestedDateTime: seconds(i.Created), Status: string(i.Status), StatusDetails: i.Details, CommandPlugins: []commandPlugin{}}
	if instance, there := world.Get[compute.Instance](tx, i.InstanceID); there {
		out.InstanceName = instance.Tags["Name"]
	}
	if !details {
		return out
	}
	p := commandPlugin{Name: model.Plugin, Status: pluginStatus(i.Status), StatusDetails: i.Details, ResponseCode: i.ResponseCode, Output: pluginOutput(i)}
	if !i.Started.IsZero() {
		p.ResponseStartDateTime = new(seconds(i.Started))
		if !i.Ended.IsZero() {
			p.ResponseFinishDateTime = new(seconds(i.Ended))
		}
	}
	out.CommandPlugins = []commandPlugin{p}
	return out
}

// pluginStatus is a plugin's status, of which there are fewer.
func pluginStatus(s model.Status) string {
	switch s {
	case model.Delayed:
		return string(model.Pending)
	case model.Cancelling:
		return string(model.InProgress)
	}
	return string(s)
}

// mostPluginOutput is how much of its output a plugin shows, in characters.
// Source: API reference of CommandPlugin, Output.
const mostPluginOutput = 2500

func pluginOutput(i *model.Invocation) string {
	text := i.Stdout
	if i.Stderr != "" {
		text += "\n----------ERROR-------\n" + i.Stderr
	}
	if runes := []rune(text); len(runes) > mostPluginOutput {
		const mark = "\n--output truncated--"
		text = string(runes[:mostPluginOutput-len(mark)]) + mark
	}
	return text
}
