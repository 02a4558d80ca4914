package dev.velox.tck;

import java.net.URI;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One rule, as the kit tests it.
 *
 * @param id the name of the check, in the TCK's form: {@code required_spec109_subscribeThrow…}
 * @param section the rule's number in the specification, such as {@code §1.9}, or {@code setup} for
 *     the checks of what was declared to the kit
 * @param title what the check says in words
 * @param kind how binding it is
 * @param origin whose check it is
 */
public record Rule(String id, String section, String title, Kind kind, Origin origin) {

  private static final Pattern ID = Pattern.compile("(?:([a-z]+)_)?(?:spec(\\d)(\\d\\d)_)?(.+)");
  private static final Pattern WORD_START =
      Pattern.compile("(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[a-z])(?=[0-9])");
  private static final Pattern SIGNAL = Pattern.compile("\\bon (next|error|complete|subscribe)\\b");
  private static final Pattern ACRONYM = Pattern.compile("[A-Z]{2,}");

  /** How binding a rule is. */
  public enum Kind {
    /** Must hold. */
    REQUIRED,
    /**
     * The specification only allows or recommends it. Of the official kit's checks, what it skips
     * counts only if promoted, or promised by what was declared; this kit's own count always.
     */
    OPTIONAL,
    /** Must hold, but a run can only fail to refute it. */
    STOCHASTIC
  }

  /** Whose check it is. */
  public enum Origin {
    /** The official kit's, run unchanged. */
    TCK,
    /** This kit's, for what the official one leaves untested or skips. */
    VELOX
  }

  static Rule of(String id, Origin origin) {
    Matcher parts = ID.matcher(id);
    if (!parts.matches()) {
      throw new IllegalArgumentException("not the name of a rule: " + id);
    }
    String kind = parts.group(1);
    String chapter = parts.group(2);
    String section = chapter == null ? "setup" : "§" + chapter + "." + number(parts.group(3));
    return new Rule(id, section, words(parts.group(4)), kindOf(kind), origin);
  }

  Rule in(String otherSection) {
    return new Rule(id, otherSection, title, kind, origin);
  }

  private static int number(String digits) {
    return Integer.parseInt(digits);
  }

  private static Kind kindOf(String prefix) {
    if ("optional".equals(prefix)) {
      return Kind.OPTIONAL;
    }
    return "stochastic".equals(prefix) ? Kind.STOCHASTIC : Kind.REQUIRED;
  }

  private static String words(String camelCase) {
    StringBuilder title = new StringBuilder();
    for (String word : WORD_START.split(camelCase.replace('_', ' '), -1)) {
      String plain = ACRONYM.matcher(word).matches() ? word : decapitalised(word);
      title.append(title.length() == 0 ? "" : " ").append(plain);
    }
    return SIGNAL.matcher(title).replaceAll(found -> "on" + capitalised(found.group(1)));
  }

  private static String capitalised(String word) {
    return word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1);
  }

  private static String decapitalised(String word) {
    return word.substring(0, 1).toLowerCase(Locale.ROOT) + word.substring(1);
  }

  /**
   * Where the specification states the rule.
   *
   * @return the address of the section in the specification for the JVM, version 1.0.4
   */
  public URI link() {
    String page = "https://github.com/reactive-streams/reactive-streams-jvm/blob/v1.0.4/README.md";
    return URI.create(section.startsWith("§") ? page + "#" + section.substring(1) : page);
  }

  /**
   * The name under which JUnit shows it.
   *
   * @return section and title
   */
  public String displayName() {
    return section + " " + title;
  }
}
