<?php
require __DIR__ . '/../lib/db.php';

$stored = $db->query('SELECT hash FROM staff LIMIT 1')->fetch_row();
if (md5($_POST['password']) === $stored[0]) {
    $token = uniqid('s');
    setcookie('session', $token);
    header('Location: /start.php');
}
