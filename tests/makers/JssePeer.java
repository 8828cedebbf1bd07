// One peer of Java's JSSE over TCP: a client that sends a line and reads one, or a server that sends lines back.
//
// Arguments: `client` or `server`, port, key store (PKCS #12), its password, protocol.

import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

public class JssePeer {
    static class Anyone implements X509TrustManager {
        public void checkClientTrusted(X509Certificate[] chain, String type) {}
        public void checkServerTrusted(X509Certificate[] chain, String type) {}
        public X509Certificate[] getAcceptedIssuers() { return new X509Certificate[0]; }
    }

    public static void main(String[] arguments) throws Exception {
        int port = Integer.parseInt(arguments[1]);
        char[] password = arguments[3].toCharArray();
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(new FileInputStream(arguments[2]), password);
        KeyManagerFactory keys = KeyManagerFactory.getInstance("SunX509");
        keys.init(store, password);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), new TrustManager[] {new Anyone()}, null);
        String[] protocols = {arguments[4]};
        if (arguments[0].equals("server")) {
            SSLServerSocket listener = (SSLServerSocket) context.getServerSocketFactory().createServerSocket(port);
            listener.setEnabledProtocols(protocols);
            listener.setNeedClientAuth(true);
            while (true) {
                try (SSLSocket socket = (SSLSocket) listener.accept()) {
                    String line;
                    while ((line = reader(socket).readLine()) != null) send(socket, line);
                } catch (java.io.IOException ended) {
                    // A probe that speaks no TLS, or a peer that is gone.
                }
            }
        }
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", port);
        socket.setEnabledProtocols(protocols);
        send(socket, "ping of the client");
        reader(socket).readLine();
        socket.close();
    }

    static BufferedReader reader(SSLSocket socket) throws Exception {
        return new BufferedReader(new InputStreamReader(socket.getInputStream()));
    }

    static void send(SSLSocket socket, String line) throws Exception {
        OutputStream out = socket.getOutputStream();
        out.write((line + "\n").getBytes());
        out.flush();
    }
}
