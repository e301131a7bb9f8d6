package diagram_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/platformctl/platformctl/internal/testenv"
)

// look is what a real browser makes of a drawing.
type look struct {
	Scheme       string
	Texts, Loads int
	Outside      []string // texts that leave their box, or the drawing
	Overlapping  []string // texts that cover each other
	Crossed      []string // texts that a line runs through
	Inks         []ink
}

// ink is a colour that is used on another, and what for.
type ink struct{ Text, Fill, Ground string }

// examine reads it, in the page. A text's ground is the last opaque box before
// it that its middle is in.
const examine = `(() => {
  const slack = 0.5, box = (e) => e.getBoundingClientRect();
  const texts = [...document.querySelectorAll('text')], rects = [...document.querySelectorAll('rect')];
  const within = (a, b) => a.left >= b.left - slack && a.right <= b.right + slack && a.top >= b.top - slack && a.bottom <= b.bottom + slack;
  const meet = (a, b) => a.left < b.right - slack && b.left < a.right - slack && a.top < b.bottom - 3 && b.top < a.bottom - 3;
  const out = {Scheme: matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light', Texts: texts.length,
    Loads: performance.getEntriesByType('resource').length, Outside: [], Overlapping: [], Crossed: [], Inks: []};
  const page = box(document.documentElement), boxes = texts.map(box);
  const lines = [...document.querySelectorAll('path[d]')].filter((p) => !p.closest('marker')).flatMap((p) => {
    const m = p.getScreenCTM(), points = p.getAttribute('d').match(/[\d.]+ [\d.]+/g).map((s) => s.split(' ').map(Number)).map(([x, y]) => [x * m.a + m.e, y * m.d + m.f]);
    return points.slice(1).map(([x, y], i) => ({left: Math.min(x, points[i][0]), right: Math.max(x, points[i][0]), top: Math.min(y, points[i][1]), bottom: Math.max(y, points[i][1])}));
  });
  texts.forEach((t, i) => {
    const b = boxes[i], own = t.parentElement.tagName === 'g' ? t.parentElement.querySelector('rect') : null;
    if (!within(b, page) || own && !within(b, box(own))) out.Outside.push(t.textContent);
    boxes.forEach((other, j) => { if (j > i && meet(b, other)) out.Overlapping.push(t.textContent + ' / ' + texts[j].textContent); });
    if (lines.some((l) => l.left < b.right && l.right > b.left && l.top < b.bottom - 2 && l.bottom > b.top + 2)) out.Crossed.push(t.textContent);
    const x = (b.left + b.right) / 2, y = (b.top + b.bottom) / 2;
    const ground = rects.filter((r) => { const o = box(r); return o.left <= x && x <= o.right && o.top <= y && y <= o.bottom && r.compareDocumentPosition(t) & Node.DOCUMENT_POSITION_FOLLOWING; }).pop();
    out.Inks.push({Text: t.textContent, Fill: getComputedStyle(t).fill, Ground: getComputedStyle(ground).fill});
  });
  return out;
})()`

// rgb is a colour as a browser says it.
var rgb = regexp.MustCompile(`^rgb\((\d+), (\d+), (\d+)\)$`)

func hex(t *testing.T, color string) string {
	t.Helper()
	m := rgb.FindStringSubmatch(color)
	if m == nil {
		t.Fatalf("the colour %q", color)
	}
	text := "#"
	for _, part := range m[1:] {
		var n int
		if _, err := fmt.Sscan(part, &n); err != nil {
			t.Fatal(err)
		}
		text += fmt.Sprintf("%02x", n)
	}
	return text
}

func TestBrowser_DrawingIsLegibleInBothSchemes(t *testing.T) {
	chromium := testenv.Judge(t, "chromium")
	drawn := drawings(t)
	for scheme, setting := range map[string]string{"dark": "preferredColorScheme=0", "light": "preferredColorScheme=1"} {
		t.Run(scheme, func(t *testing.T) {
			options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium),
				chromedp.NoSandbox, // which root, as in a container, can't have; only our own drawing is loaded
				chromedp.WindowSize(1800, 1400), chromedp.Flag("blink-settings", setting))
			ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
			t.Cleanup(cancel)
			ctx, _ = chromedp.NewContext(ctx)
			t.Cleanup(func() {
				if err := chromedp.Cancel(ctx); err != nil && !errors.Is(err, context.Canceled) {
					t.Errorf("close the browser: %v", err)
				}
			})
			for name, p := range drawn {
				path := filepath.Join(t.TempDir(), name+".svg")
				if err := os.WriteFile(path, []byte(p.SVG()), 0o600); err != nil {
					t.Fatal(err)
				}
				if err := chromedp.Do(ctx, chromedp.Navigate("file://"+path)); err != nil {
					t.Fatal(err)
				}
				seen, err := chromedp.Run(ctx, chromedp.Evaluate[look](examine))
				if err != nil {
					t.Fatal(err)
				}
				if seen.Scheme != scheme || seen.Texts < 20 || seen.Loads > 0 {
					t.Errorf("%s is %s, with %d texts, and loads %d other things", name, seen.Scheme, seen.Texts, seen.Loads)
				}
				for what, texts := range map[string][]string{"leave their box": seen.Outside, "overlap": seen.Overlapping, "have a line through them": seen.Crossed} {
					if len(texts) > 0 {
						t.Errorf("%s: %d texts %s: %q", name, len(texts), what, texts)
					}
				}
				for _, i := range seen.Inks {
					// WCAG 2.2 asks for 4.5 to 1 between text and its ground.
					if ratio := testenv.Contrast(t, hex(t, i.Fill), hex(t, i.Ground)); ratio < 4.5 {
						t.Errorf("%s: %q is %s on %s, %.2f to 1", name, i.Text, i.Fill, i.Ground, ratio)
					}
				}
			}
		})
	}
}
