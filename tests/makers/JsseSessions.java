// Sessions of Java's JSSE with itself, in memory, for suites that no other stack offers any more.
//
// Arguments: key store (PKCS #12), its password, protocol, then one suite name after another. For each
// session a line: suite, client's bytes, server's bytes, master secret; all but the first in hex.
// Wants --add-opens java.base/sun.security.ssl=ALL-UNNAMED (the master secret has no public way out)
// and jdk.tls.disabledAlgorithms emptied by -Djava.security.properties.

import java.io.ByteArrayOutputStream;
import java.io.FileInputStream;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.HexFormat;
import javax.crypto.SecretKey;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

public class JsseSessions {
    static final byte[] PING = "ping of the client\n".getBytes();
    static final byte[] PONG = "pong of the server\n".repeat(40).getBytes();

    static class Anyone implements X509TrustManager {
        public void checkClientTrusted(X509Certificate[] chain, String type) {}
        public void checkServerTrusted(X509Certificate[] chain, String type) {}
        public X509Certificate[] getAcceptedIssuers() { return new X509Certificate[0]; }
    }

    public static void main(String[] arguments) throws Exception {
        char[] password = arguments[1].toCharArray();
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(new FileInputStream(arguments[0]), password);
        KeyManagerFactory keys = KeyManagerFactory.getInstance("SunX509");
        keys.init(store, password);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), new TrustManager[] {new Anyone()}, null);
        for (int at = 3; at < arguments.length; at++) {
            System.out.println(arguments[at] + " " + session(context, arguments[2], arguments[at]));
        }
    }

    static String session(SSLContext context, String protocol, String suite) throws Exception {
        SSLEngine client = context.createSSLEngine("nobody", at++);
        SSLEngine server = context.createSSLEngine();
        client.setUseClientMode(true);
        server.setUseClientMode(false);
        for (SSLEngine engine : new SSLEngine[] {client, server}) {
            engine.setEnabledProtocols(new String[] {protocol});
            engine.setEnabledCipherSuites(new String[] {suite});
        }
        ByteArrayOutputStream up = new ByteArrayOutputStream();
        ByteArrayOutputStream down = new ByteArrayOutputStream();
        while (step(client, server, new byte[0], up) | step(server, client, new byte[0], down)) {}
        Field field = client.getSession().getClass().getDeclaredField("masterSecret");
        field.setAccessible(true);
        byte[] master = ((SecretKey) field.get(client.getSession())).getEncoded();
        step(client, server, PING, up);
        step(server, client, PONG, down);
        HexFormat hex = HexFormat.of();
        return hex.formatHex(up.toByteArray()) + " " + hex.formatHex(down.toByteArray()) + " " + hex.formatHex(master);
    }

    static int at = 1;

    // Lets one side send what it has to (application data only where it is given), and the other read it.
    static boolean step(SSLEngine from, SSLEngine to, byte[] data, ByteArrayOutputStream wire) throws Exception {
        boolean moved = false;
        ByteBuffer left = ByteBuffer.wrap(data);
        while (true) {
            ByteBuffer record = ByteBuffer.allocate(40000);
            SSLEngineResult result = from.wrap(left, record);
            Runnable task;
            while ((task = from.getDelegatedTask()) != null) { task.run(); moved = true; }
            record.flip();
            if (!record.hasRemaining()) return moved;
            moved = true;
            byte[] sent = new byte[record.remaining()];
            record.duplicate().get(sent);
            wire.write(sent);
            while (record.hasRemaining()) {
                to.unwrap(record, ByteBuffer.allocate(40000));
                while ((task = to.getDelegatedTask()) != null) task.run();
            }
            if (result.getHandshakeStatus() == SSLEngineResult.HandshakeStatus.NOT_HANDSHAKING && !left.hasRemaining()) return moved;
        }
    }
}
