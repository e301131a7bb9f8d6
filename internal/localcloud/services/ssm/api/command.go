package api

import (
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/ssm/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) commandOperations() []wire.Operation {
	return []wire.Operation{
		change(h, "SendCommand", sendCommand),
		change(h, "CancelCommand", service.Does(wire.Empty{}, cancelCommand)),
		view(h, "ListCommands", listCommands),
	}
}

type target struct {
	Key    string   `query:"Key" min:"1" max:"163" pattern:"^[\\p{L}\\p{Z}\\p{N}_.:/=\\-@]*$|resource-groups:ResourceTypeFilters|resource-groups:Name"`
	Values []string `query:"Values" max:"50"`
}

// instancePattern is that of instance IDs, in tags: `(^i-(\w{8}|\w{17})$)|(^mi-\w{17}$)`.
type sendCommandInput struct {
	InstanceIDs    []string            `query:"InstanceIds" max:"50" eachpattern:"(^i-(\\w{8}|\\w{17})$)|(^mi-\\w{17}$)"`
	Targets        []target            `query:"Targets" max:"5"`
	DocumentName   string              `query:"DocumentName,required" pattern:"^[a-zA-Z0-9_\\-.:/]{3,128}$"`
	_              wire.Only           `query:"DocumentVersion" only:"$DEFAULT|$LATEST|1" pattern:"([$]LATEST|[$]DEFAULT|^[1-9][0-9]*$)"`
	TimeoutSeconds *int                `query:"TimeoutSeconds" min:"30" max:"2592000"`
	Comment        string              `query:"Comment" max:"100"`
	Parameters     map[string][]string `query:"Parameters"`
}

type sendCommandOutput struct {
	Command command
}

// command is a command as the service shows it.
type command struct {
	CommandID              string              `json:"CommandId"`
	DocumentName           string              `json:"DocumentName"`
	DocumentVersion        string              `json:"DocumentVersion"`
	Comment                string              `json:"Comment"`
	ExpiresAfter           float64             `json:"ExpiresAfter"`
	Parameters             map[string][]string `json:"Parameters"`
	InstanceIDs            []string            `json:"InstanceIds"`
	Targets                []shownTarget       `json:"Targets"`
	RequestedDateTime      float64             `json:"RequestedDateTime"`
	Status                 string              `json:"Status"`
	StatusDetails          string              `json:"StatusDetails"`
	MaxConcurrency         string              `json:"MaxConcurrency"`
	MaxErrors              string              `json:"MaxErrors"`
	TargetCount            int                 `json:"TargetCount"`
	CompletedCount         int                 `json:"CompletedCount"`
	ErrorCount             int                 `json:"ErrorCount"`
	DeliveryTimedOutCount  int                 `json:"DeliveryTimedOutCount"`
	ServiceRole            string              `json:"ServiceRole"`
	TimeoutSeconds         int                 `json:"TimeoutSeconds"`
	CloudWatchOutputConfig cloudWatchOutput    `json:"CloudWatchOutputConfig"`
}

type shownTarget struct {
	Key    string
	Values []string
}

// cloudWatchOutput says that nothing goes to CloudWatch.
type cloudWatchOutput struct {
	CloudWatchOutputEnabled bool
}

func sendCommand(tx *world.Tx, c *wire.Call, in *sendCommandInput) (*sendCommandOutput, error) {
	if in.DocumentName != model.ShellScript {
		if strings.HasPrefix(in.DocumentName, "AWS-") || strings.HasPrefix(in.DocumentName, "arn:") {
			return nil, refuse.NotSimulated("document %s is not simulated", in.DocumentName)
		}
		return nil, refuse.New("InvalidDocument", "Document with name %s does not exist.", in.DocumentName)
	}
	order := model.Send{ID: uuid.NewString(), Comment: in.Comment, Parameters: in.Parameters, InstanceIDs: in.InstanceIDs}
	if in.TimeoutSeconds != nil {
		order.Timeout = time.Duration(*in.TimeoutSeconds) * time.Second
	}
	for _, t := range in.Targets {
		order.Targets = append(order.Targets, model.Target(t))
	}
	made, err := model.Order(tx, order)
	if err != nil {
		return nil, err
	}
	c.Resource = made.ID
	return &sendCommandOutput{commandOf(tx, made)}, nil
}

func commandOf(tx *world.Tx, c *model.Command) command {
	sum := model.Summarize(tx, c.ID)
	out := command{CommandID: c.ID, DocumentName: model.ShellScript, DocumentVersion: "$DEFAULT", Comment: c.Comment, ExpiresAfter: seconds(c.ExpiresAfter()),
		Parameters: c.Parameters, InstanceIDs: append([]string{}, c.InstanceIDs...), Targets: []shownTarget{}, RequestedDateTime: seconds(c.Created),
		Status: string(sum.Status), StatusDetails: sum.Details, MaxConcurrency: "50", MaxErrors: "0", TargetCount: sum.Targets, CompletedCount: sum.Completed,
		ErrorCount: sum.Errors, DeliveryTimedOutCount: sum.DeliveryTimedOut, TimeoutSeconds: int(c.Timeout / time.Second)}
	for _, t := range c.Targets {
		out.Targets = append(out.Targets, shownTarget(t))
	}
	return out
}

type cancelCommandInput struct {
	CommandID   string   `query:"CommandId,required" min:"36" max:"36"`
	InstanceIDs []string `query:"InstanceIds" max:"50" eachpattern:"(^i-(\\w{8}|\\w{17})$)|(^mi-\\w{17}$)"`
}

func cancelCommand(tx *world.Tx, in *cancelCommandInput) error {
	for n, id := range in.InstanceIDs {
		if slices.Contains(in.InstanceIDs[:n], id) {
			return refuse.New("DuplicateInstanceId", "You can't specify an instance ID in more than one association.")
		}
	}
	return model.Cancel(tx, in.CommandID, in.InstanceIDs)
}

type commandFilter struct {
	Key   string `query:"key,required" enum:"InvokedAfter|InvokedBefore|Status|ExecutionStage|DocumentName"`
	Value string `query:"value,required" min:"1" max:"128"`
}

// listing is what the two operations that list commands share.
type listing struct {
	CommandID  string          `query:"CommandId" min:"36" max:"36"`
	InstanceID string          `query:"InstanceId" pattern:"(^i-(\\w{8}|\\w{17})$)|(^mi-\\w{17}$)"`
	MaxResults *int            `query:"MaxResults" min:"1" max:"50"`
	NextToken  string          `query:"NextToken"`
	Filters    []commandFilter `query:"Filters" min:"1" max:"5"`
}

// checkTimes refuses filters whose value isn't a time where it must be one.
func (l listing) checkTimes() error {
	for _, f := range l.Filters {
		if _, err := time.Parse(time.RFC3339, f.Value); err != nil && (f.Key == "InvokedAfter" || f.Key == "InvokedBefore") {
			return refuse.New("ValidationException", "The value %s of filter %s isn't a time.", f.Value, f.Key)
		}
	}
	return nil
}

// accepts reports whether all filters accept what has a status and was asked for at a
// time.
func (l listing) accepts(status model.Status, at time.Time) bool {
	for _, f := range l.Filters {
		when, _ := time.Parse(time.RFC3339, f.Value) // checked before
		ok := true
		switch f.Key {
		case "InvokedAfter":
			ok = at.After(when)
		case "InvokedBefore":
			ok = at.Before(when)
		case "Status":
			ok = string(status) == f.Value
		case "ExecutionStage":
			ok = f.Value == "Executing" && !status.Final() || f.Value == "Complete" && status.Final()
		case "DocumentName":
			ok = f.Value == model.ShellScript
		}
		if !ok {
			return false
		}
	}
	return true
}

type listCommandsInput struct {
	listing
}

type listCommandsOutput struct {
	Commands  []command
	NextToken string `json:",omitempty"`
}

func listCommands(tx *world.Tx, _ *wire.Call, in *listCommandsInput) (*listCommandsOutput, error) {
	if err := in.checkTimes(); err != nil {
		return nil, err
	}
	all := []command{}
	for _, c := range slices.Backward(world.Described[model.Command](tx)) { // the newest first
		_, there := world.Get[model.Invocation](tx, c.ID+"/"+in.InstanceID)
		if in.CommandID != "" && c.ID != in.CommandID || in.InstanceID != "" && !there || !in.accepts(model.Summarize(tx, c.ID).Status, c.Created) {
			continue
		}
		all = append(all, commandOf(tx, c))
	}
	page, next, err := pageOf(all, in.NextToken, in.MaxResults, 50)
	return &listCommandsOutput{page, next}, err
}
