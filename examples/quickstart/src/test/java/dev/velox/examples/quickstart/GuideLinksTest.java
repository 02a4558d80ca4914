package dev.velox.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;

/** Every link and picture of the documentation is there, and every picture is well-formed. */
class GuideLinksTest {

  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:]+)(#[^)]*)?\\)");

  private static Path root() {
    Path root = Path.of("").toAbsolutePath();
    while (!Files.exists(root.resolve("docs/guide"))) {
      root = root.getParent();
    }
    return root;
  }

  @Test
  void links_lead_somewhere() throws IOException {
    Path root = root();
    List<Path> pages = new ArrayList<>();
    try (Stream<Path> top = Files.list(root);
        Stream<Path> docs = Files.walk(root.resolve("docs"));
        Stream<Path> examples = Files.walk(root.resolve("examples"), 2)) {
      Stream.of(top, docs, examples)
          .flatMap(files -> files)
          .filter(file -> file.toString().endsWith(".md"))
          .forEach(pages::add);
    }
    assertThat(pages).hasSizeGreaterThan(20);
    for (Path page : pages) {
      Matcher link = LINK.matcher(Files.readString(page).replaceAll("(?s)```.*?```", ""));
      while (link.find()) {
        assertThat(page.resolveSibling(link.group(1)).normalize())
            .as(root.relativize(page).toString())
            .exists();
      }
    }
  }

  @Test
  void pictures_are_well_formed_and_used() throws Exception {
    Path guide = root().resolve("docs/guide");
    StringBuilder text = new StringBuilder();
    try (Stream<Path> pages = Files.list(guide)) {
      for (Path page : pages.filter(file -> file.toString().endsWith(".md")).toList()) {
        text.append(Files.readString(page));
      }
    }
    try (Stream<Path> pictures = Files.list(guide.resolve("img"))) {
      for (Path picture : pictures.toList()) {
        DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(picture.toFile());
        assertThat(text).contains("img/" + picture.getFileName());
      }
    }
  }
}
