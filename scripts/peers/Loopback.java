import com.amazonaws.services.dynamodbv2.local.server.LocalDynamoDBRequestHandler;
import com.amazonaws.services.dynamodbv2.local.server.LocalDynamoDBServerHandler;
import java.net.InetSocketAddress;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/**
 * DynamoDB Local in memory on a free port of 127.0.0.1, which it prints. Ends with its standard input.
 *
 * Its own main class listens on every interface and reports its use to AWS; this one does neither.
 */
public final class Loopback {
  public static void main(String[] none) throws Exception {
    LocalDynamoDBRequestHandler tables = new LocalDynamoDBRequestHandler(0, true, null, false, false);
    Server server = new Server(new InetSocketAddress("127.0.0.1", 0));
    server.setHandler(new LocalDynamoDBServerHandler(tables, null));
    server.start();
    System.out.println(((ServerConnector) server.getConnectors()[0]).getLocalPort());
    while (System.in.read() >= 0) {}
    Runtime.getRuntime().halt(0);
  }
}
