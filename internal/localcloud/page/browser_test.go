package page_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
	"github.com/platformctl/platformctl/internal/localcloud/server"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/world"
	"github.com/platformctl/platformctl/internal/testenv"
)

// browser is a tab of a real browser.
type browser struct{ ctx context.Context }

func openBrowser(t *testing.T) browser {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(testenv.Judge(t, "chromium")),
		chromedp.NoSandbox, // which root, as in a container, can't have; only our own page is loaded
		chromedp.WindowSize(1400, 1000))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, _ = chromedp.NewContext(ctx)
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("close the browser: %v", err)
		}
	})
	check(t, chromedp.Do(ctx)) // starts it
	return browser{ctx}
}

func (b browser) open(t *testing.T, address string) {
	t.Helper()
	check(t, chromedp.Do(b.ctx, chromedp.Navigate(address)))
}

// waits until an expression holds.
func (b browser) waits(t *testing.T, expression string) {
	t.Helper()
	_, err := chromedp.Run(b.ctx, chromedp.Poll[bool](expression, chromedp.WithPollingInterval(50*time.Millisecond), chromedp.WithPollingTimeout(patience)))
	if err != nil {
		text, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.body.innerText`))
		t.Fatalf("wait until %s: %v; the page says\n%s", expression, err, text)
	}
}

func (b browser) evaluate(t *testing.T, expression string) string {
	t.Helper()
	return must(chromedp.Run(b.ctx, chromedp.Evaluate[string](expression)))(t)
}

// text is what an element says; rate is an instance's number of requests a second.
func text(id string) string { return fmt.Sprintf("(document.getElementById(%q)?.innerText ?? '')", id) }

func rate(id string) string {
	return fmt.Sprintf("parseFloat(document.querySelector('#%s .rate').innerText)", id)
}

func TestBrowser_ShowsFailover(t *testing.T) {
	b := openBrowser(t)
	p := build(t, localcloudtest.Start(t), "shop")
	b.open(t, p.cloud.Endpoint)
	b.waits(t, text(p.instances[0])+".includes('running · healthy') && "+text(p.instances[1])+".includes('running · healthy')")
	if zones := b.evaluate(t, `[...document.querySelectorAll('.zone > h2 > b')].map((z) => z.textContent).join(' ')`); zones != region+"a "+region+"b" {
		t.Errorf("zones %q", zones)
	}
	for _, seen := range []string{"load balancer node", "NAT gateway", "public subnet", "private subnet", p.vpc, "internet gateway igw-", "gateway endpoint vpce-"} {
		if picture := b.evaluate(t, text("picture")); !strings.Contains(picture, seen) {
			t.Errorf("the picture doesn't show %q:\n%s", seen, picture)
		}
	}
	if markup := b.evaluate(t, `String(document.querySelectorAll('main img').length)`); markup != "0" || !strings.Contains(b.evaluate(t, text(p.instances[0])), hostile) {
		t.Errorf("an instance's name became markup: %s images", markup)
	}

	// Requests are seen at both instances, and the ways move.
	ctx, stop := context.WithCancel(t.Context())
	address := p.address(t)
	var loaded sync.WaitGroup
	for range 4 {
		loaded.Go(func() { keepLoaded(ctx, address) })
	}
	b.waits(t, rate(p.instances[0])+" > 0 && "+rate(p.instances[1])+" > 0 && document.querySelectorAll('.way.moving').length >= 5")

	// One is stopped: it turns red, with the reason, and the other has all of the traffic.
	p.change(t, func(tx *world.Tx) { must(compute.Stop(tx, p.instances[:1]))(t) })
	b.waits(t, fmt.Sprintf("document.getElementById(%q).classList.contains('bad')", p.instances[0]))
	b.waits(t, text(p.instances[0])+".includes('Target.InvalidState')")
	b.waits(t, rate(p.instances[0])+" === 0 && "+rate(p.instances[1])+" > 0")
	b.waits(t, text("happened")+".includes('shop-a is stopped')")
	stop()
	loaded.Wait()

	// It comes back.
	p.change(t, func(tx *world.Tx) { must(compute.Start(tx, p.instances[:1]))(t) })
	b.waits(t, text(p.instances[0])+".includes('running · healthy')")

	check(t, chromedp.Do(b.ctx, chromedp.Click(chromedp.CSS(fmt.Sprintf("#%s button", p.instances[1])))))
	b.waits(t, "document.getElementById('console').open && "+text("console-text")+".includes('cloud-init')")
}

func TestBrowser_ReconnectsAfterRestart(t *testing.T) {
	b := openBrowser(t)
	var listen string
	t.Run("there", func(t *testing.T) {
		cloud := localcloudtest.Start(t)
		listen = strings.TrimPrefix(cloud.Endpoint, "http://")
		b.open(t, cloud.Endpoint)
		b.waits(t, text("link")+".includes('live') && !document.getElementById('nothing').hidden")
	})
	b.waits(t, text("gone")+`.includes("doesn't answer")`)
	p := build(t, localcloudtest.Start(t, func(o *server.Options) { o.Listen = listen }), "shop")
	b.waits(t, "document.getElementById('gone').hidden && "+text(p.instances[0])+".includes('healthy')")
}

// crossings are the ways that run over a text of the picture, as far as they do: what they are and what they cover.
const crossings = `(() => {
  const picture = document.getElementById('picture')
  const texts = document.createTreeWalker(picture, NodeFilter.SHOW_TEXT)
  const rects = []
  while (texts.nextNode()) {
    const range = document.createRange()
    range.selectNodeContents(texts.currentNode)
    if (texts.currentNode.textContent.trim()) for (const r of range.getClientRects()) rects.push([r, texts.currentNode.textContent])
  }
  const canvas = document.getElementById('ways').getBoundingClientRect()
  const found = new Set()
  for (const way of document.querySelectorAll('.way')) {
    for (let at = 0; at < way.getTotalLength(); at++) {
      const p = way.getPointAtLength(at)
      const [x, y] = [p.x + canvas.left, p.y + canvas.top]
      for (const [r, text] of rects) if (x > r.left && x < r.right && y > r.top && y < r.bottom) found.add(text)
    }
  }
  return document.querySelectorAll('.way').length < 5 || rects.length < 20 ? 'there is nothing to cross' : [...found].join('; ')
})()`

func TestBrowser_NoWayCrossesText(t *testing.T) {
	b := openBrowser(t)
	p := build(t, localcloudtest.Start(t), "customer-portal-prod") // as long as a platform's name can be
	for _, width := range []int64{1440, 1000, 640, 400} {
		check(t, chromedp.Do(b.ctx, chromedp.EmulateViewport(width, 900)))
		b.open(t, p.cloud.Endpoint)
		b.waits(t, text(p.instances[0])+".includes('running · healthy') && document.querySelectorAll('.way').length >= 5")
		if crossed := b.evaluate(t, crossings); crossed != "" {
			t.Errorf("at %d pixels ways cross %s", width, crossed)
		}
		if wide := b.evaluate(t, "String(document.documentElement.scrollWidth)"); wide != strconv.FormatInt(width, 10) {
			t.Errorf("at %d pixels the page is %s wide", width, wide)
		}
		if outside := b.evaluate(t, `[...document.querySelectorAll('#picture *')].filter((n) => n.getBoundingClientRect().right > innerWidth + 1).map((n) => n.className || n.id).join(' ')`); outside != "" {
			t.Errorf("at %d pixels these stand outside: %s", width, outside)
		}
	}
}

func TestBrowser_LatePageShowsHistory(t *testing.T) {
	b := openBrowser(t)
	p := build(t, localcloudtest.Start(t), "shop")
	ctx, stop := context.WithCancel(t.Context())
	var loaded sync.WaitGroup
	address := p.address(t)
	loaded.Go(func() { keepLoaded(ctx, address) })
	eventually(t, "three seconds of traffic", func() bool { return counting(p.picture(t, nil).Before) >= 3 })
	p.change(t, func(tx *world.Tx) { must(compute.Stop(tx, p.instances[:1]))(t) })
	eventually(t, "what happened", func() bool { return happened(p.picture(t, nil), "shop-a is stopped") })
	stop()
	loaded.Wait()

	b.open(t, p.cloud.Endpoint)
	b.waits(t, "document.getElementById('happened').children.length > 0")
	if events := b.evaluate(t, text("happened")); !strings.Contains(events, "shop-a is stopped") {
		t.Errorf("it doesn't tell of what happened before:\n%s", events)
	}
	// Without history the first bar comes with the second picture, and has nothing to show by now.
	if bars := b.evaluate(t, `String((document.querySelector('.balancer .chart .ok').getAttribute('d').match(/M/g) ?? []).length)`); bars == "0" || bars == "1" {
		t.Errorf("%s bars of the traffic before", bars)
	}
}
