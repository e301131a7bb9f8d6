package drillreport_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/platformctl/platformctl/internal/present/drillreport"
	"github.com/platformctl/platformctl/internal/testenv"
)

// marked is what a real browser makes of a page.
type marked struct {
	Text, Scheme, Ground, Ink string
	Bars, Lanes, Marks, Loads int
	Wide, Overlapping, Cut    bool
	Crossed                   bool    // a text, by the line of a mark
	Smallest                  float64 // height of a text of the chart, in pixels
}

// examine reads it, in the page.
const examine = `(() => {
  const style = getComputedStyle(document.body);
  const shown = [...document.querySelectorAll('figure svg[role=img]')].filter((s) => getComputedStyle(s).display !== 'none');
  const texts = shown.flatMap((s) => [...s.querySelectorAll('text')]).filter((t) => t.textContent);
  const captions = texts.filter((t) => t.previousElementSibling?.classList.contains('mark')).map((t) => t.getBoundingClientRect());
  const overlap = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom - 3 && b.top < a.bottom - 3;
  return {
    Text: document.body.innerText, Ground: style.backgroundColor, Ink: style.color,
    Scheme: matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light',
    Bars: shown[0].querySelectorAll('rect.bar').length,
    Lanes: texts.filter((t) => t.classList.contains('lane')).length,
    Smallest: Math.min(...texts.map((t) => t.getBoundingClientRect().height)),
    Crossed: texts.some((t) => [...t.ownerSVGElement.querySelectorAll('line.mark')].some((l) => {
      const [a, b] = [t.getBoundingClientRect(), l.getBoundingClientRect()];
      return b.left > a.left + 1 && b.right < a.right - 1 && b.top < a.bottom - 3 && b.bottom > a.top + 3;
    })),
    Cut: texts.some((t) => t.getBoundingClientRect().right > innerWidth || t.getBoundingClientRect().left < 0) || shown.length !== 1,
    Marks: captions.length,
    Loads: performance.getEntriesByType('resource').length,
    Wide: document.documentElement.scrollWidth > innerWidth || [...document.querySelectorAll('.scroll')].some((s) => s.scrollWidth > s.clientWidth),
    Overlapping: captions.some((a, i) => captions.some((b, j) => j > i && overlap(a, b))),
  };
})()`

func TestBrowser_PageShowsDrill(t *testing.T) {
	chromium := testenv.Judge(t, "chromium")
	for scheme, setting := range map[string]string{"dark": "preferredColorScheme=0", "light": "preferredColorScheme=1"} {
		t.Run(scheme, func(t *testing.T) {
			options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium),
				chromedp.NoSandbox, // which root, as in a container, can't have; only our own page is loaded
				chromedp.WindowSize(1200, 1000), chromedp.Flag("blink-settings", setting))
			ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
			t.Cleanup(cancel)
			ctx, _ = chromedp.NewContext(ctx)
			t.Cleanup(func() {
				if err := chromedp.Cancel(ctx); err != nil && !errors.Is(err, context.Canceled) {
					t.Errorf("close the browser: %v", err)
				}
			})
			for _, name := range drills() {
				doc := drill(t, name)
				path := filepath.Join(t.TempDir(), "report.html")
				if err := drillreport.WriteFile(path, doc); err != nil {
					t.Fatal(err)
				}
				for _, width := range []int64{400, 500, 800} {
					if seen := examined(ctx, t, path, width); seen.Cut || seen.Crossed || seen.Wide || seen.Overlapping || seen.Smallest < 10 {
						t.Errorf("%s at %d pixels: cut: %t; crossed: %t; too wide: %t; labels overlap: %t; %g pixels high", name, width, seen.Cut, seen.Crossed, seen.Wide, seen.Overlapping, seen.Smallest)
					}
				}
				seen := examined(ctx, t, path, 1200)
				for _, want := range []string{strings.ToUpper(doc.Verdict), "objective 99 %", "Predicted and measured", "What happened when", doc.Victims[0].Instance} {
					if !strings.Contains(seen.Text, want) {
						t.Errorf("%s doesn't say %q:\n%s", name, want, seen.Text)
					}
				}
				ground, ink := "rgb(255, 255, 255)", "rgb(15, 23, 42)"
				if scheme == "dark" {
					ground, ink = "rgb(15, 23, 42)", "rgb(226, 232, 240)"
				}
				if seen.Scheme != scheme || seen.Ground != ground || seen.Ink != ink {
					t.Errorf("%s is %s, with %s on %s", name, seen.Scheme, seen.Ink, seen.Ground)
				}
				if seen.Bars < len(doc.Timeline)-1 || seen.Lanes != 2 || seen.Marks < 3 {
					t.Errorf("%s shows %d bars, %d targets and %d moments", name, seen.Bars, seen.Lanes, seen.Marks)
				}
				if seen.Loads > 0 || seen.Wide || seen.Overlapping || seen.Crossed {
					t.Errorf("%s loads %d other things; too wide: %t; labels overlap: %t", name, seen.Loads, seen.Wide, seen.Overlapping)
				}
			}
		})
	}
}

// examined opens a page in a window of that width.
func examined(ctx context.Context, t *testing.T, path string, width int64) marked {
	t.Helper()
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 1000), chromedp.Navigate("file://"+path)); err != nil {
		t.Fatal(err)
	}
	seen, err := chromedp.Run(ctx, chromedp.Evaluate[marked](examine))
	if err != nil {
		t.Fatal(err)
	}
	return seen
}
