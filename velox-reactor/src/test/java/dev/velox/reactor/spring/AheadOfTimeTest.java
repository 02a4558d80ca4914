package dev.velox.reactor.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.aot.generate.ClassNameGenerator;
import org.springframework.aot.generate.DefaultGenerationContext;
import org.springframework.aot.generate.GeneratedFiles;
import org.springframework.aot.generate.InMemoryGeneratedFiles;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.boot.test.util.TestPropertyValues;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.aot.ApplicationContextAotGenerator;
import org.springframework.core.io.InputStreamSource;
import org.springframework.javapoet.ClassName;

/** What a native image needs: Spring can write the configuration as code, and knows the hints. */
class AheadOfTimeTest {

  @TempDir Path classes;

  @Test
  void the_configuration_becomes_code_that_compiles() throws IOException {
    AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext();
    TestPropertyValues.of("management.endpoints.web.exposure.include=velox").applyTo(context);
    context.register(VeloxAutoConfiguration.class, VeloxActuatorAutoConfiguration.class);
    InMemoryGeneratedFiles files = new InMemoryGeneratedFiles();
    DefaultGenerationContext generation =
        new DefaultGenerationContext(
            new ClassNameGenerator(ClassName.get("dev.velox.reactor.spring", "Aot")), files);
    new ApplicationContextAotGenerator().processAheadOfTime(context, generation);
    generation.writeGeneratedContent();

    StringWriter messages = new StringWriter();
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    boolean compiled =
        compiler
            .getTask(
                messages,
                null,
                null,
                List.of(
                    "-proc:none",
                    "-nowarn",
                    "-d",
                    classes.toString(),
                    "-cp",
                    System.getProperty("java.class.path")),
                null,
                sources(files.getGeneratedFiles(GeneratedFiles.Kind.SOURCE)))
            .call();
    assertThat(compiled).as(messages.toString()).isTrue();

    for (Class<?> bound :
        List.of(
            VeloxProperties.class,
            VeloxProperties.Workers.class,
            VeloxProperties.SemaphoreSettings.class,
            VeloxEndpoint.Report.class,
            VeloxEndpoint.ChannelReport.class)) {
      assertThat(RuntimeHintsPredicates.reflection().onType(bound))
          .as(bound.getName())
          .accepts(generation.getRuntimeHints());
    }
  }

  private static List<JavaFileObject> sources(Map<String, InputStreamSource> files)
      throws IOException {
    assertThat(files).isNotEmpty();
    List<JavaFileObject> sources = new ArrayList<>();
    for (Map.Entry<String, InputStreamSource> file : files.entrySet()) {
      String code =
          new String(file.getValue().getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      sources.add(
          new SimpleJavaFileObject(
              URI.create("string:///" + file.getKey()), JavaFileObject.Kind.SOURCE) {
            @Override
            public CharSequence getCharContent(boolean ignoreEncodingErrors) {
              return code;
            }
          });
    }
    return sources;
  }
}
