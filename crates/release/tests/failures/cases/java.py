"""Java."""

CASES = [
    dict(id="compile-error", run="javac App.java", files={
        "App.java": "class App {\n    int total = sum;\n}\n"}),
    dict(id="class-version", setup="javac --release 17 App.java && python3 -c \"b=bytearray(open('App.class','rb').read());"
         "b[7]=70;open('App.class','wb').write(b)\"", run="java App", files={
        "App.java": "class App {\n    public static void main(String[] a) {}\n}\n"}),
    dict(id="class-missing", run="java com.shop.App"),
    dict(id="jar-missing", run="java -jar build/libs/shop.jar"),
    dict(id="release-not-supported", run="javac --release 99 App.java", files={"App.java": "class App {}\n"}),
    dict(id="exception", run="java App.java", files={
        "App.java": "class App {\n    public static void main(String[] a) {\n        throw new IllegalStateException(\"no stock\");\n    }\n}\n"}),
    dict(id="maven-no-pom", run="mvn -q -o package"),
    dict(id="maven-offline", run="mvn -q -o -B package", files={
        "pom.xml": "<project><modelVersion>4.0.0</modelVersion><groupId>shop</groupId><artifactId>shop</artifactId>"
                   "<version>1</version></project>\n"}),
]
