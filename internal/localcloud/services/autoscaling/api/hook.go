package api

import (
	"cmp"
	"slices"

	"github.com/platformctl/platformctl/internal/localcloud/services/autoscaling/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) hookOperations() []wire.Operation {
	return []wire.Operation{
		says(h, "PutLifecycleHook", putHook),
		says(h, "DeleteLifecycleHook", func(tx *world.Tx, in *hookName) error { return model.DeleteHook(tx, in.Group, in.Name) }),
		view(h, "DescribeLifecycleHooks", describeHooks),
		view(h, "DescribeLifecycleHookTypes", func(*world.Tx, *wire.Call, *struct{}) (*hookTypes, error) {
			return &hookTypes{wire.Members[string]{model.ComingTransition, model.LeavingTransition}}, nil
		}),
		says(h, "CompleteLifecycleAction", func(tx *world.Tx, in *completeInput) error {
			return model.CompleteAction(tx, in.Group, in.Name, in.Instance, in.Token, in.Result)
		}),
		says(h, "RecordLifecycleActionHeartbeat", func(tx *world.Tx, in *actionInput) error {
			return model.Heartbeat(tx, in.Group, in.Name, in.Instance, in.Token)
		}),
	}
}

type hookInput struct {
	Name       string    `query:"LifecycleHookName,required" min:"1" max:"255"`
	Transition string    `query:"LifecycleTransition"`
	Metadata   string    `query:"NotificationMetadata" max:"4000"`
	Heartbeat  *int      `query:"HeartbeatTimeout"`
	Default    string    `query:"DefaultResult"`
	Target     wire.Only `query:"NotificationTargetARN" only:""`
	Role       wire.Only `query:"RoleARN" only:""`
}

func (in hookInput) hook() model.Hook {
	h := model.Hook{Name: in.Name, Transition: in.Transition, Metadata: in.Metadata, Heartbeat: 3600, Default: cmp.Or(in.Default, "ABANDON")}
	set(&h.Heartbeat, in.Heartbeat)
	return h
}

type putHookInput struct {
	Group string `query:"AutoScalingGroupName,required" min:"1" max:"255"`
	hookInput
}

// putHook changes what is given of a hook that is there.
func putHook(tx *world.Tx, in *putHookInput) error {
	hook := in.hook()
	if g, err := model.FindGroup(tx, in.Group); err == nil {
		if at := slices.IndexFunc(g.Hooks, func(h model.Hook) bool { return h.Name == in.Name }); at >= 0 {
			old := g.Hooks[at]
			hook = model.Hook{Name: in.Name, Transition: cmp.Or(in.Transition, old.Transition), Metadata: cmp.Or(in.Metadata, old.Metadata), Default: cmp.Or(in.Default, old.Default), Heartbeat: old.Heartbeat}
			set(&hook.Heartbeat, in.Heartbeat)
		}
	}
	return model.PutHook(tx, in.Group, hook)
}

type hookName struct {
	Group string `query:"AutoScalingGroupName,required" min:"1" max:"255"`
	Name  string `query:"LifecycleHookName,required" min:"1" max:"255"`
}

type actionInput struct {
	hookName
	Token    string `query:"LifecycleActionToken"`
	Instance string `query:"InstanceId" max:"19"`
}

type completeInput struct {
	actionInput
	Result string `query:"LifecycleActionResult,required"`
}

type hookTypes struct {
	Types wire.Members[string] `xml:"LifecycleHookTypes"`
}

type hookItem struct {
	Name       string `xml:"LifecycleHookName"`
	Group      string `xml:"AutoScalingGroupName"`
	Transition string `xml:"LifecycleTransition"`
	Metadata   string `xml:"NotificationMetadata,omitempty"`
	Heartbeat  int    `xml:"HeartbeatTimeout"`
	Global     int    `xml:"GlobalTimeout"`
	Default    string `xml:"DefaultResult"`
}

type describeHooksInput struct {
	Group string   `query:"AutoScalingGroupName,required" min:"1" max:"255"`
	Names []string `query:"LifecycleHookNames"`
}

type describeHooksOutput struct {
	Hooks wire.Members[hookItem] `xml:"LifecycleHooks"`
}

func describeHooks(tx *world.Tx, _ *wire.Call, in *describeHooksInput) (*describeHooksOutput, error) {
	g, err := model.FindGroup(tx, in.Group)
	if err != nil {
		return nil, err
	}
	out := &describeHooksOutput{}
	for _, h := range g.Hooks {
		if len(in.Names) == 0 || slices.Contains(in.Names, h.Name) {
			out.Hooks = append(out.Hooks, hookItem{h.Name, g.ID, h.Transition, h.Metadata, h.Heartbeat, h.Global(), h.Default})
		}
	}
	return out, nil
}
