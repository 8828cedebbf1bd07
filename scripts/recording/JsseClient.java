// A client of Java's JSSE: one handshake on 127.0.0.1, then a read.
//
// Arguments: port, protocol (TLSv1.2 or TLSv1.3), `trusting` (takes any server certificate) or `strict`
// (takes none but those of the JDK's own CAs). It has no certificate of its own.

import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

public class JsseClient {
    static class Anyone implements X509TrustManager {
        public void checkClientTrusted(X509Certificate[] chain, String type) {}
        public void checkServerTrusted(X509Certificate[] chain, String type) {}
        public X509Certificate[] getAcceptedIssuers() { return new X509Certificate[0]; }
    }

    public static void main(String[] arguments) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        boolean trusting = arguments[2].equals("trusting");
        context.init(null, trusting ? new TrustManager[] {new Anyone()} : null, new SecureRandom());
        int port = Integer.parseInt(arguments[0]);
        try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", port)) {
            socket.setEnabledProtocols(new String[] {arguments[1]});
            socket.startHandshake();
            socket.getInputStream().read();
        }
    }
}
