package dev.velox.examples.flightboard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The page, in a real browser: a headless Chromium that is installed here, spoken to by its own
 * protocol (see {@link Chromium} for why not by a driver). What it looks like is left in {@code
 * target/screenshots}.
 *
 * <p>It takes longer than a unit test may, so it belongs to {@code mvn verify -Pbrowser}, which
 * {@code .ci/run} calls. Without a Chromium it is skipped, unless {@code -Dbrowser=required}.
 */
@Tag("browser")
class PageTest {

  private static final Path SCREENSHOTS = Path.of("target", "screenshots");
  private static final int ENTER = 13;
  private static final int TAB = 9;
  private static final int SPACE = 32;
  private static final int RIGHT = 39;

  private static RunningBoard board;
  private static Chromium browser;

  @BeforeAll
  static void start() throws IOException {
    Optional<Path> chromium = Chromium.find();
    if (chromium.isEmpty()) {
      String missing = "There is no Chromium on the path, nor at -Dchromium.path.";
      if ("required".equals(System.getProperty("browser"))) {
        fail(missing);
      }
      abort(missing + " The page is not tested in a browser.");
    }
    board = RunningBoard.with("flightboard.speed=120", "flightboard.weather-timeout=1s");
    Files.createDirectories(SCREENSHOTS);
    browser =
        Chromium.start(
            chromium.get(), Files.createTempDirectory(SCREENSHOTS.getParent(), "chromium"));
  }

  @AfterAll
  static void stop() {
    if (browser != null) {
      browser.close();
    }
    if (board != null) {
      board.close();
    }
  }

  @BeforeEach
  void open() {
    board.put("{\"speed\":\"120\",\"pauseMillis\":0}");
    browser.look(1600, 1000, "light", "no-preference");
    browser.open("http://localhost:" + board.port() + "/");
    browser.await("document.querySelector('#stream').rows.length >= 10");
    browser.await("document.querySelector('#expected').children.length > 0");
  }

  @AfterEach
  void nothing_went_wrong_and_nobody_else_was_asked() {
    assertThat(browser.faults()).isEmpty();
    assertThat(browser.requests())
        .isNotEmpty()
        .allMatch(
            address ->
                address.startsWith("http://localhost:" + board.port() + "/")
                    || address.equals("about:blank"));
  }

  private static long figure(String id) {
    return Long.parseLong(browser.text("#" + id).replace(",", ""));
  }

  @Test
  void figures_move_and_the_fleet_stays() {
    assertThat(browser.text("#link")).isEqualTo("live");
    long counted = figure("counted");
    browser.await(
        "Number(document.querySelector('#counted').textContent.replace(',', '')) > " + counted);
    browser.await("/^[1-9]\\d* flights?$/.test(document.querySelector('#aloft').textContent)");
    browser.await("document.querySelector('#busiest').children.length === 8");
    assertThat(figure("aircraft")).isEqualTo(180);
    assertThat(browser.text("#fleet-said")).isEqualTo("None is lost, none is counted twice.");
    assertThat(browser.text("#next")).contains("are expected");
    // Something is drawn on the map beside the airports: it changes.
    String pixels = "document.querySelector('#map').toDataURL()";
    String before = browser.evaluate(pixels).asString();
    browser.await(pixels + ".length !== " + before.length());
  }

  @ParameterizedTest
  @CsvSource({
    "1600, light, no-preference",
    "1600, dark, no-preference",
    "800, light, no-preference",
    "360, light, reduce",
    "360, dark, no-preference",
  })
  void it_can_be_read_at_any_width_by_day_and_by_night(int width, String scheme, String motion) {
    lookUp("PHX"); // so that there is a time line
    browser.look(width, 800, scheme, motion);
    browser.await("innerWidth === " + width);

    assertThat(browser.evaluate("document.documentElement.scrollWidth").asInt())
        .as("nothing is wider than the window")
        .isLessThanOrEqualTo(width);
    assertThat(browser.evaluate(PALE_TEXTS).valueStream())
        .as("texts with too little contrast")
        .isEmpty();
    if (motion.equals("reduce")) {
      assertThat(browser.evaluate("document.getAnimations().length").asInt()).isZero();
    }
    browser.await("/^[1-9]/.test(document.querySelector('#aloft').textContent)");
    browser.screenshot(SCREENSHOTS.resolve(width + "-" + scheme + ".png"));
  }

  /** The texts whose contrast is below what WCAG asks for: 4.5, or 3 if they are large. */
  private static final String PALE_TEXTS =
      """
      (() => {
        const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
        const over = ([r, g, b, a = 1], under) => [r, g, b].map((c, i) => c * a + under[i] * (1 - a));
        const luminance = (rgb) => {
          const [r, g, b] = rgb.map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
          return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const ground = (element) => {
          const style = getComputedStyle(element);
          const under = element.parentElement ? ground(element.parentElement) : [255, 255, 255];
          const own = over(channels(style.backgroundColor), under);
          // The bars are drawn by a pseudo-element below the text.
          const bar = getComputedStyle(element, "::before");
          return bar.position === "absolute" ? over([...channels(bar.backgroundColor).slice(0, 3), Number(bar.opacity)], own) : own;
        };
        const pale = [];
        for (const element of document.querySelectorAll("body *")) {
          const text = [...element.childNodes].filter((n) => n.nodeType === 3).map((n) => n.data.trim()).join("");
          if (!text || !element.checkVisibility() || element.closest("noscript")) continue;
          const style = getComputedStyle(element);
          const under = ground(element);
          const [one, other] = [luminance(over(channels(style.color), under)), luminance(under)];
          const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
          const size = parseFloat(style.fontSize);
          const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
          if (contrast < (large ? 3 : 4.5)) pale.push(`${text}: ${contrast.toFixed(2)}`);
        }
        return pale;
      })()
      """;

  @Test
  void every_control_is_reached_and_worked_by_keyboard() {
    browser.await("document.querySelectorAll('#latest button').length === 8");
    int controls =
        browser.evaluate("document.querySelectorAll('button, input, a[href]').length").asInt();
    browser.evaluate("document.activeElement.blur()");
    List<String> reached = new ArrayList<>();
    for (int i = 0; i < controls; i++) {
      browser.press("Tab", TAB);
      reached.add(
          browser
              .evaluate(
                  "(([all, now]) => all.indexOf(now) + ' ' + getComputedStyle(now).outlineStyle)"
                      + "([[...document.querySelectorAll('button, input, a[href]')], document.activeElement])")
              .asString());
    }
    // Each once, in the order of the page, and each can be seen to have the focus.
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < controls; i++) {
      expected.add(i + " solid");
    }
    assertThat(reached).isEqualTo(expected);

    focus("speed");
    browser.press("ArrowRight", RIGHT);
    board.await("/controls", now -> now.get("speed").asString().equals("300"));
    browser.await("document.querySelector('#speed-text').textContent === '1 s is 5 h'");

    focus("post");
    browser.press("Enter", ENTER);
    browser.await("document.querySelector('#said').textContent === '200 flights accepted.'");
    assertThat(browser.evaluate("document.activeElement.id").asString()).isEqualTo("post");

    focus("code");
    browser.type("lax");
    browser.press("Enter", ENTER);
    browser.await("document.querySelector('#found').textContent.startsWith('LAX, Los Angeles: ')");

    browser.evaluate("document.querySelector('#busiest button').focus()");
    String code = browser.text("#busiest button b");
    browser.press("Enter", ENTER);
    browser.await("document.querySelector('#found').textContent.startsWith('" + code + ", ')");
  }

  private static void focus(String id) {
    browser.evaluate("document.querySelector('#" + id + "').focus()");
  }

  @Test
  void a_slow_board_can_be_seen_to_hold_the_replay_up() {
    focus("slow");
    browser.press(" ", SPACE);
    board.await("/controls", now -> now.get("pauseMillis").asInt() > 0);
    browser.await("document.querySelector('#slow').getAttribute('aria-pressed') === 'true'");
    board.put("{\"speed\":\"max\"}");
    browser.await("document.querySelector('#gauge').getAttribute('aria-valuenow') === '64'");
    browser.await(
        "document.querySelector('#pressure').textContent.startsWith('The channel is full')");
    assertThat(
            browser
                .evaluate("document.querySelector('#gauge').classList.contains('full')")
                .asBoolean())
        .isTrue();
    browser.screenshot(SCREENSHOTS.resolve("slow.png"));

    board.put("{\"speed\":\"120\"}");
    browser.press(" ", SPACE);
    browser.await("document.querySelector('#pressure').textContent === 'Everything flows.'");
  }

  @Test
  void attempts_are_shown_once_though_the_stream_is_opened_again() {
    lookUp("DEN");
    String told = "document.querySelector('#attempts').textContent";
    String first = browser.evaluate(told).asString();
    assertThat(first).contains("attempt 1: ", " s of waiting", "attempt 2: ");

    // As if the person looked at another window for a while.
    for (String visibility : List.of("hidden", "visible")) {
      browser.evaluate(
          "Object.defineProperty(document, 'visibilityState', {value: '"
              + visibility
              + "', configurable: true}); document.dispatchEvent(new Event('visibilitychange'))");
    }
    lookUp("SEA"); // whose attempts come after all that would be told again
    assertThat(browser.evaluate(told).asString()).endsWith(first).isNotEqualTo(first);
  }

  /** Shows an airport, and waits until the attempts to get its weather are over. */
  private static void lookUp(String code) {
    browser.evaluate("document.querySelector('#code').value = '" + code + "'");
    browser.evaluate("document.querySelector('#lookup').requestSubmit()");
    browser.await(
        "[...document.querySelectorAll('#attempts li')].some(run => run.firstChild.textContent === '"
            + code
            + "' && /answered|given up/.test(run.textContent))");
  }
}
