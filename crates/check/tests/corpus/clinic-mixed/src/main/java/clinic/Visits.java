package clinic;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import javax.servlet.http.HttpServletRequest;

class Visits {
    private final Connection connection;

    Visits(Connection connection) {
        this.connection = connection;
    }

    ResultSet search(HttpServletRequest request) throws Exception {
        String day = request.getParameter("day");
        Statement statement = connection.createStatement();
        return statement.executeQuery("SELECT * FROM visits WHERE day = '" + day + "'");
    }

    void sync(Runnable job) {
        try {
            job.run();
        } catch (Exception ignored) {
        }
    }
}
